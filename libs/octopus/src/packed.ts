// Shares and verdicts as bytes, so that many cross into an engine with one call.
import { distanceOf, meetsTarget } from '#libs/mining';
import { checkHeight } from './limits.js';
import { stageOf } from './reference/sizes.js';

/** Header hash (32 bytes) | nonce (32, big-endian) | boundary (32, big-endian) | height (8, little-endian). */
export const VERIFY_ITEM_BYTES = 104;
/** Verdict (1) | hash (32, big-endian). */
export const VERIFY_RESULT_BYTES = 33;
/** One to two seconds of work for a core. */
export const VERIFY_MAX_ITEMS = 16_384;

export const VerifyVerdict = { ABOVE: 0, BELOW: 1, UNCHECKED: 2 } as const;

const LOW_NONCE_AT = 56;
const HEIGHT_AT = 96;

/** An item whose verdict does not matter. nonce: below 2^64. */
export function packHash(headerHash: Uint8Array, nonce: bigint): Uint8Array {
  const item = new Uint8Array(VERIFY_ITEM_BYTES);
  item.set(headerHash);
  new DataView(item.buffer).setBigUint64(LOW_NONCE_AT, nonce);
  return item;
}

export interface Item {
  readonly headerHash: Uint8Array;
  /** The whole nonce. */
  readonly nonce: bigint;
  readonly boundary: bigint;
}

export function unpackItem(items: Uint8Array, index: number): Item {
  const item = items.subarray(index * VERIFY_ITEM_BYTES, (index + 1) * VERIFY_ITEM_BYTES);
  return {
    headerHash: item.slice(0, 32),
    nonce: bigintOf(item.subarray(32, 64)),
    boundary: bigintOf(item.subarray(64, 96)),
  };
}

/** Writes the result at the index; without a hash nothing was checked. */
export function packResult(
  results: Uint8Array,
  index: number,
  { nonce, boundary }: Item,
  hash: Uint8Array | undefined,
): void {
  const result = results.subarray(index * VERIFY_RESULT_BYTES, (index + 1) * VERIFY_RESULT_BYTES);
  result[0] = VerifyVerdict.UNCHECKED;
  if (!hash) return;
  const below = meetsTarget(distanceOf(bigintOf(hash), nonce), boundary);
  result[0] = below ? VerifyVerdict.BELOW : VerifyVerdict.ABOVE;
  result.set(hash, 1);
}

function bigintOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

/** The items of one stage: where they stand in the batch they came from. */
export interface StageItems {
  /** Of one of them. */
  readonly height: number;
  readonly indexes: number[];
}

/** Throws TypeError for anything but whole items, RangeError for too many or a height that cannot be. */
export function groupByStage(items: Uint8Array): StageItems[] {
  if (!(items instanceof Uint8Array) || items.length % VERIFY_ITEM_BYTES !== 0) {
    throw new TypeError(`items must be a Uint8Array of ${VERIFY_ITEM_BYTES} bytes each`);
  }
  if (items.length > VERIFY_MAX_ITEMS * VERIFY_ITEM_BYTES) {
    throw new RangeError(`items must be at most ${VERIFY_MAX_ITEMS}`);
  }
  const view = new DataView(items.buffer, items.byteOffset, items.byteLength);
  const groups = new Map<number, StageItems>();
  for (let index = 0; index * VERIFY_ITEM_BYTES < items.length; index++) {
    const height = Number(view.getBigUint64(index * VERIFY_ITEM_BYTES + HEIGHT_AT, true));
    checkHeight(height);
    const stage = stageOf(height);
    const group = groups.get(stage);
    if (group) group.indexes.push(index);
    else groups.set(stage, { height, indexes: [index] });
  }
  return [...groups.values()];
}

/** The records of `size` bytes at the indexes, one after another. */
export function gather(records: Uint8Array, size: number, indexes: readonly number[]): Uint8Array {
  const gathered = new Uint8Array(indexes.length * size);
  indexes.forEach((from, to) => {
    gathered.set(records.subarray(from * size, (from + 1) * size), to * size);
  });
  return gathered;
}

/** The reverse of gather. */
export function scatter(
  gathered: Uint8Array,
  size: number,
  indexes: readonly number[],
  records: Uint8Array,
): void {
  indexes.forEach((to, from) => {
    records.set(gathered.subarray(from * size, (from + 1) * size), to * size);
  });
}
