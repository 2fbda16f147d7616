/** Loads the recorded facts in test/vectors: real blocks, reference hashes, replies of a real node. */
import { readFileSync } from 'node:fs';

function load(name: string): unknown {
  const url = new URL(`../../../test/vectors/${name}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

/** A block header as `cfx_getBlockByHash` answers it, with the author in hex beside its base32 form. */
export interface HeaderVector {
  readonly hash: string;
  readonly parentHash: string;
  readonly height: string;
  readonly timestamp: string;
  readonly miner: string;
  readonly minerHex: string;
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
  readonly posReference: string | null;
  readonly baseFeePerGas: string | null;
  readonly custom: readonly string[];
}

export interface OctopusVectors {
  readonly real: readonly {
    readonly chain: string;
    readonly chainId: number;
    readonly height: number;
    readonly stage: number;
    readonly problemHash: string;
    readonly nonce: string;
    readonly difficulty: string;
    readonly boundary: string;
    readonly powHash: string;
    readonly powQuality: string;
    readonly blockHash: string;
    readonly header: HeaderVector;
  }[];
  readonly synthetic: readonly {
    readonly height: number;
    readonly headerHash: string;
    readonly nonce: string;
    readonly powHash: string;
  }[];
  readonly sizes: readonly {
    readonly height: number;
    readonly stage: number;
    readonly cacheBytes: number;
    readonly dataBytes: number;
    readonly seedHash: string;
  }[];
  readonly testMode: readonly {
    readonly blockHash: string;
    readonly nonce: string;
    readonly powHash: string;
  }[];
}

export const octopusVectors = (): OctopusVectors => load('octopus.json') as OctopusVectors;

/** One line to a conflux-rust node on a fresh connection, and all that came back. */
export interface RecordedReply {
  readonly send?: string;
  /** Instead of `send`, for lines that are not UTF-8. */
  readonly sendHex?: string;
  readonly reply: string;
  /** The node closed the connection. */
  readonly closed?: boolean;
}

export const recordedReplies = (): readonly RecordedReply[] =>
  (load('conflux-rust-replies.json') as { rows: readonly RecordedReply[] }).rows;

/** Positional requests (serde reads a struct from an array): the one form that the bridge refuses on purpose. */
export const isPositional = (send: string): boolean => /^\[(?:"2\.0"|null),"/.test(send);
