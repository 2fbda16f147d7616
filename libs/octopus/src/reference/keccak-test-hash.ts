import { checkBigint, copyHash32 } from '../limits.js';
import { keccak256 } from './keccak.js';

const MAX_NONCE = 2n ** 256n - 1n;

/**
 * The hash of test chains that run without Octopus (spec, "Test chains without Octopus"):
 * keccak256(keccak256(headerHash || nonce as 32 bytes little-endian) xor headerHash), 32 bytes, big-endian integer.
 * headerHash: 32 bytes. nonce: all of its 256 bits enter. Throws TypeError or RangeError for anything else. `keccak` is the
 * keccak256 to use.
 */
export function keccakTestHash(headerHash: Uint8Array, nonce: bigint, keccak = keccak256): Uint8Array {
  const header = copyHash32('headerHash', headerHash);
  checkBigint('nonce', nonce, 0n, MAX_NONCE);
  const message = new Uint8Array(64);
  message.set(header);
  const words = new DataView(message.buffer, 32);
  for (let at = 0, rest = nonce; rest > 0n; at += 8, rest >>= 64n) {
    words.setBigUint64(at, BigInt.asUintN(64, rest), true);
  }
  const inner = keccak(message);
  for (let i = 0; i < 32; i++) inner[i]! ^= header[i]!;
  return keccak(inner);
}
