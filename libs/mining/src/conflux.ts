/**
 * What Conflux work and shares look like to the dialects, the node adapter and the evaluator, and the validity rule
 * they share. The rest of this library does not know Conflux.
 * Source of the formulas: conflux-rust's proof-of-work rules, as summed up in docs/protocol.md "Validity".
 */
import { MAX_TARGET, TWO_256 } from './target.js';
import type { Hash32, Nonce, Share, Work } from './work.js';

/** One Conflux problem. `key` is the header hash; `lineage` is source and height, since a notify names no parent. */
export interface ConfluxWork extends Work {
  /** Hash of the block header without its nonce, which the nonce search runs on. */
  readonly headerHash: Hash32;
  /** The source's own name for the job, to be given back with a solution. A node's is the header hash, a pool's is not. */
  readonly sourceJobId: string;
}

/** A nonce that a miner offers for a header. */
export interface ConfluxShare extends Share {
  /** The whole 256-bit nonce. Octopus reads its low 64 bits, the validity rule its bits 128 to 254. */
  readonly nonce: Nonce;
}

export const MAX_NONCE = TWO_256 - 1n;
export const LOW_64_BITS = (1n << 64n) - 1n;
const LOWER_BOUND_BITS = (1n << 255n) - (1n << 128n);

/** Lower bound that a nonce sets for its own hash: bits 128 to 254 of the nonce, in place. 0 for nonces below 2^128. */
export function lowerBoundOf(nonce: bigint): bigint {
  return nonce & LOWER_BOUND_BITS;
}

/** The value that is compared with the boundary: `(powHash − lower bound) mod 2^256`. */
export function distanceOf(powHash: bigint, nonce: bigint): bigint {
  return BigInt.asUintN(256, powHash - lowerBoundOf(nonce));
}

/** `floor(2^256 / (distance + 1))`, capped at 2^256 − 1: the difficulty that a hash would have satisfied. */
export function qualityOf(powHash: bigint, nonce: bigint): bigint {
  const distance = distanceOf(powHash, nonce);
  return distance === 0n ? MAX_TARGET : TWO_256 / (distance + 1n);
}
