/**
 * Conflux block headers: from the JSON of `cfx_getBlockBy…` to the RLP that is hashed. The problem hash (what miners
 * search nonces for) is the header without its nonce, the block hash is the header with it.
 */
import { encodeRlp, keccak256, toBeArray, type RlpStructuredDataish } from 'ethers';
import { addressToHex } from './cfx-address.js';

/** The members of a block's JSON that enter its header; quantities and bytes are hex with 0x. */
export interface HeaderJson {
  readonly parentHash: string;
  readonly height: string;
  readonly timestamp: string;
  readonly miner: string;
  readonly transactionsRoot: string;
  readonly deferredStateRoot: string;
  readonly deferredReceiptsRoot: string;
  readonly deferredLogsBloomHash: string;
  readonly blame: string;
  readonly difficulty: string;
  readonly adaptive: boolean;
  readonly gasLimit: string;
  readonly refereeHashes: readonly string[];
  readonly nonce: string;
  readonly posReference?: string | null;
  readonly baseFeePerGas?: string | null;
  readonly custom?: readonly (string | readonly number[])[];
}

/** Base prices in drip, a header field since CIP-1559. */
export interface BasePrices {
  readonly core: bigint;
  readonly espace: bigint;
}

/** `0x` and 64 digits: keccak256 of the header's RLP without its nonce. */
export function problemHash(header: HeaderJson, basePrices?: BasePrices): string {
  return hashOf([...fixedFields(header), ...optionalFields(header, basePrices)]);
}

/** `0x` and 64 digits: keccak256 of the header's RLP. */
export function blockHash(header: HeaderJson, basePrices?: BasePrices): string {
  return hashOf([...fixedFields(header), quantity(header.nonce), ...optionalFields(header, basePrices)]);
}

/** The usual minimum of the eSpace. No core-space answer names the real one. */
const ESPACE_BASE_PRICE = 20_000_000_000n;

/**
 * Whether a block's header is that of a problem. `unknown` where the JSON does not tell the whole header: the block's
 * own hash cannot be recomputed from it then, neither without base prices (nodes name a price for blocks that have
 * none) nor with the usual ones.
 */
export function solvesProblem(
  block: HeaderJson & { readonly hash: string },
  headerHash: string,
): 'yes' | 'no' | 'unknown' {
  const price = block.baseFeePerGas;
  const variants = isSet(price)
    ? [undefined, { core: BigInt(price), espace: ESPACE_BASE_PRICE }]
    : [undefined];
  for (const basePrices of variants) {
    if (blockHash(block, basePrices) !== block.hash) continue;
    return problemHash(block, basePrices) === headerHash ? 'yes' : 'no';
  }
  return 'unknown';
}

const hashOf = (fields: RlpStructuredDataish[]): string => keccak256(encodeRlp(fields));

/** RLP integers have no leading zeros; zero is empty. */
const quantity = (value: string | bigint): Uint8Array => toBeArray(value);

const isSet = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

function fixedFields(header: HeaderJson): RlpStructuredDataish[] {
  return [
    header.parentHash,
    quantity(header.height),
    quantity(header.timestamp),
    addressToHex(header.miner),
    header.transactionsRoot,
    header.deferredStateRoot,
    header.deferredReceiptsRoot,
    header.deferredLogsBloomHash,
    quantity(header.blame),
    quantity(header.difficulty),
    quantity(header.adaptive ? 1n : 0n),
    quantity(header.gasLimit),
    [...header.refereeHashes],
  ];
}

/** Absent fields leave no placeholder. */
function optionalFields(header: HeaderJson, basePrices: BasePrices | undefined): RlpStructuredDataish[] {
  const fields: RlpStructuredDataish[] = [];
  if (isSet(header.posReference)) fields.push([header.posReference]);
  if (basePrices) fields.push([quantity(basePrices.core), quantity(basePrices.espace)]);
  for (const item of header.custom ?? []) {
    fields.push(typeof item === 'string' ? item : Uint8Array.from(item));
  }
  return fields;
}
