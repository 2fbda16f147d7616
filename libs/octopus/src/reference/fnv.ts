import { FNV_PRIME } from './constants.js';

/** fnv(x, y) = (x * 0x01000193 mod 2^32) xor y, of unsigned 32-bit words; the result is unsigned. */
export function fnv(x: number, y: number): number {
  return (Math.imul(x, FNV_PRIME) ^ y) >>> 0;
}
