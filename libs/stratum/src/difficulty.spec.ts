import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announcedDifficulty, DIFFICULTY_1_TARGET } from './difficulty.js';

const MAX = (1n << 256n) - 1n;

/** A positive double as an exact fraction. */
function fraction(value: number): { numerator: bigint; denominator: bigint } {
  let [scaled, power] = [value, 0];
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    power++;
  }
  return { numerator: BigInt(scaled), denominator: 1n << BigInt(power) };
}

/** Whether DIFFICULTY_1_TARGET / difficulty <= target, in integers. */
function noEasier(difficulty: number, target: bigint): boolean {
  const { numerator, denominator } = fraction(difficulty);
  return DIFFICULTY_1_TARGET * denominator <= target * numerator;
}

/** The next smaller positive double. */
function below(value: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  bits.setBigUint64(0, bits.getBigUint64(0) - 1n);
  return bits.getFloat64(0);
}

describe('announcedDifficulty', () => {
  it('has the target of the specification at difficulty 1', () => {
    expect(DIFFICULTY_1_TARGET.toString(16).padStart(64, '0')).toBe(`00000000ffff${'0'.repeat(52)}`);
  });

  // Computed with exact fractions in another language.
  it.each<[bigint, string]>([
    [DIFFICULTY_1_TARGET, '1'],
    [DIFFICULTY_1_TARGET * 2n, '0.5'],
    [DIFFICULTY_1_TARGET / 3n, '3'],
    [DIFFICULTY_1_TARGET / 1_000_000n, '1000000.0000000001'],
    // Test chains: difficulty 4, 500 and 2000 in Conflux's own measure.
    [1n << 254n, '9.313083637607633e-10'],
    [(1n << 256n) / 500n, '1.1641354547009543e-7'],
    [(1n << 256n) / 2000n, '4.656541818803817e-7'],
    [(1n << 256n) / 2_000_000_000_000n, '465.6541818803817'],
    // The easiest: just above that of 2^256, 2.3282709094019083e-10.
    [MAX, '2.3282709094019085e-10'],
    [1n, '2.695953529101131e+67'],
    [2n, '1.3479767645505655e+67'],
  ])('of %d is written %s', (target, text) => {
    expect(JSON.stringify(announcedDifficulty(target))).toBe(text);
    expect(JSON.parse(text)).toBe(announcedDifficulty(target));
  });

  it('is exact for every power of two', () => {
    for (let bit = 0n; bit < 256n; bit++) {
      const { numerator, denominator } = fraction(announcedDifficulty(1n << bit));
      expect(numerator << bit).toBe(DIFFICULTY_1_TARGET * denominator);
    }
  });

  it('is never easier than the target, and the least such double', () => {
    const targets = fc
      .tuple(fc.bigInt({ min: 1n, max: MAX }), fc.nat(255))
      .map(([value, bits]) => (value >> BigInt(bits)) | 1n);
    fc.assert(
      fc.property(targets, (target) => {
        const difficulty = announcedDifficulty(target);
        expect(noEasier(difficulty, target)).toBe(true);
        expect(noEasier(below(difficulty), target)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([0n, -1n, MAX + 1n])('has none for %d', (target) => {
    expect(() => announcedDifficulty(target)).toThrow(RangeError);
  });
});
