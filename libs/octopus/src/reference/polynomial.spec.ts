import { describe, expect, it } from 'vitest';
import { FIELD_GENERATOR, FIELD_PRIME } from './constants.js';
import { power, remap } from './field.js';
import { headerCurve, polynomialValues } from './polynomial.js';

describe('the curve of a header', () => {
  // v0, v1 and v2 whose a, b and c make b^2 = 4ac: one header in a million, so no vector has it.
  it.each([
    ['the next c', 10n, 3n, 247702n, 247703n],
    ['a c beyond 2^64 - 1', 316816n, 4n, 2n ** 64n - 1n, 0n],
  ])('takes %s when the discriminant vanishes', (_name, v0, v1, v2, next) => {
    const [a, b, c] = [remap(v0), remap(v1), remap(v2)];
    expect((b * b) % FIELD_PRIME).toBe((4 * ((a * c) % FIELD_PRIME)) % FIELD_PRIME);
    expect(headerCurve([v0, v1, v2, 0n])).toEqual({ a, b, c: remap(next), w: FIELD_GENERATOR });
  });

  it('is made of generators of the field', () => {
    const factorsOfOrder = [2, 3, 7];
    for (const h of [0n, 1n, 41n, 1032190n, 1032191n, 2n ** 63n, 2n ** 64n - 1n]) {
      for (const factor of factorsOfOrder) expect(power(remap(h), (FIELD_PRIME - 1) / factor)).not.toBe(1);
    }
  });
});

it('sums the terms of the polynomial at each of the 32 points', () => {
  const curve = { a: 2, b: 3, c: 5, w: 11 };
  const d = Uint32Array.of(7, 1, 4);
  const values = polynomialValues(curve, d, 33n);
  const P = BigInt(FIELD_PRIME);
  for (let k = 0n; k < 32n; k++) {
    const W = 11n ** (1n + 32n * k);
    const x = 2n * W * W + 3n * W + 5n;
    expect(values[Number(k)]).toBe(Number((7n + x + 4n * x * x) % P));
  }
});
