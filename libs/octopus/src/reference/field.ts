// Arithmetic modulo P = 1032193. Elements are below 2^20, so every product is exact in a double.
import { FIELD_GENERATOR, FIELD_PRIME } from './constants.js';

export function power(base: number, exponent: number): number {
  let result = 1;
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = (result * square) % FIELD_PRIME;
    square = (square * square) % FIELD_PRIME;
  }
  return result;
}

/**
 * remap(h): e = h mod (P-2) + 1, freed of every factor it shares with P-1; the result 11^e mod P generates the
 * field's multiplicative group.
 */
export function remap(h: bigint): number {
  let e = Number(h % BigInt(FIELD_PRIME - 2)) + 1;
  for (let g = gcd(e, FIELD_PRIME - 1); g !== 1; g = gcd(e, FIELD_PRIME - 1)) e /= g;
  return power(FIELD_GENERATOR, e);
}

function gcd(x: number, y: number): number {
  return y === 0 ? x : gcd(y, x % y);
}
