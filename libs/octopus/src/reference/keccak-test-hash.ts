import { checkBigint, copyHash32 } from '../limits.js';
import { keccak256 } from './keccak.js';

const MAX_NONCE = 2n ** 256n - 1n;

/**
 * The hash of test chains that run without Octopus (spec, "Test chains without Octopus"):
 * keccak256(keccak256(headerHash || nonce as 32 bytes little-endian) xor headerHash), 32 bytes, big-endian integer.
 * headerHash: 32 bytes. nonce: all of its 256 bits enter. Throws TypeError or RangeError for anything else.
 */
export function keccakTestHash(headerHash: Uint8Array, nonce: bigint): Uint8Array {
  const header = copyHash32('headerHash', headerHash);
  checkBigint('nonce', nonce, 0n, MAX_NONCE);
  const message = new Uint8Array(64);
  message.set(header);
  for (let i = 32, rest = nonce; rest > 0n; i++, rest >>= 8n) message[i] = Number(rest & 0xffn);
  return keccak256(keccak256(message).map((byte, i) => byte ^ header[i]!));
}
