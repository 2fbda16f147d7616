// Steps 2 and 4: the curve of a header, and the polynomial's values at a nonce's 32 points on it.
import { FIELD_PRIME, WARP } from './constants.js';
import { power, remap } from './field.js';

/** x = a*W^2 + b*W + c, where W runs over powers of w. */
export interface Curve {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly w: number;
}

/** The curve of v0..v3, the header hash as four 64-bit words. */
export function headerCurve([v0, v1, v2, v3]: readonly [bigint, bigint, bigint, bigint]): Curve {
  const a = remap(v0);
  const b = remap(v1);
  // c = remap(h) for the first h = v2, v2+1, ... (mod 2^64) with b^2 != 4ac (mod P)
  let h = v2;
  let c = remap(h);
  while ((b * b) % FIELD_PRIME === (4 * ((a * c) % FIELD_PRIME)) % FIELD_PRIME) {
    h = BigInt.asUintN(64, h + 1n);
    c = remap(h);
  }
  return { a, b, c, w: remap(v3) };
}

/** r[0..31]: r[k] = sum of d[j] * x_k^j mod P. */
export function polynomialValues(curve: Curve, d: Uint32Array, nonce: bigint): Uint32Array {
  const { a, b, c, w } = curve;
  const r = new Uint32Array(WARP);
  for (let k = 0; k < WARP; k++) {
    const W = power(w, Number(nonce % BigInt(WARP)) + WARP * k);
    const x = (((a * W + b) % FIELD_PRIME) * W + c) % FIELD_PRIME;
    let sum = 0;
    for (let j = d.length - 1; j >= 0; j--) sum = (sum * x + d[j]!) % FIELD_PRIME;
    r[k] = sum;
  }
  return r;
}
