// What a caller may pass, and the errors it gets otherwise: TypeError for a wrong type or length, RangeError for a wrong value.
import { DATA_BYTES_BASE, DATA_BYTES_GROWTH, NODE_BYTES, STAGE_LENGTH } from './reference/constants.js';

/** The last stage whose data set has at most 2^32 nodes: a node index is one 32-bit word, Octopus is undefined beyond. */
export const MAX_STAGE = (2 ** 32 * NODE_BYTES - DATA_BYTES_BASE) / DATA_BYTES_GROWTH;

/** The last height of MAX_STAGE, 8 456 241 151: more than a century of blocks away. */
export const MAX_HEIGHT = (MAX_STAGE + 1) * STAGE_LENGTH - 1;

const NONCE_BITS = 64;

export function checkHeight(height: number): void {
  checkInteger('height', height, 0, MAX_HEIGHT);
}

export function checkStage(stage: number): void {
  checkInteger('stage', stage, 0, MAX_STAGE);
}

export function checkInteger(name: string, value: number, min: number, max: number): void {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number`);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be an integer from ${min} to ${max}, got ${value}`);
  }
}

export function checkHash32(name: string, bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${name} must be a Uint8Array`);
  if (bytes.length !== 32) throw new TypeError(`${name} must have 32 bytes, got ${bytes.length}`);
}

/** A private copy of a 32-byte hash, so that the caller may reuse its buffer while the work runs elsewhere. */
export function copyHash32(name: string, bytes: Uint8Array): Uint8Array {
  checkHash32(name, bytes);
  return new Uint8Array(bytes);
}

/** Checks `min <= value <= max`, without an upper bound when max is left out. */
export function checkBigint(name: string, value: bigint, min: bigint, max?: bigint): void {
  if (typeof value !== 'bigint') throw new TypeError(`${name} must be a bigint`);
  if (value < min || (max !== undefined && value > max)) {
    throw new RangeError(
      `${name} must be ${max === undefined ? `at least ${min}` : `from ${min} to ${max}`}`,
    );
  }
}

/** The part of a nonce that enters the hash. */
export function low64(nonce: bigint): bigint {
  return BigInt.asUintN(NONCE_BITS, nonce);
}
