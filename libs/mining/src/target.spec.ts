import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { octopusVectors } from '#libs/testkit';
import { distanceOf, lowerBoundOf, qualityOf } from './conflux.js';
import {
  difficultyNumber,
  difficultyOfTarget,
  MAX_TARGET,
  meetsTarget,
  targetOfDifficulty,
  TWO_256,
} from './target.js';

const { real } = octopusVectors();

describe('targets', () => {
  it.each(real)('$chain block $height: boundary, quality and validity as on the chain', (block) => {
    const nonce = BigInt(block.nonce);
    const powHash = BigInt(block.powHash);
    const target = targetOfDifficulty(BigInt(block.difficulty));
    expect(target).toBe(BigInt(block.boundary));
    expect(difficultyOfTarget(target)).toBe(BigInt(block.difficulty));
    expect(qualityOf(powHash, nonce)).toBe(BigInt(block.powQuality));
    expect(meetsTarget(distanceOf(powHash, nonce), target)).toBe(true);
  });

  it('treats difficulty 1 as met by everything', () => {
    expect(targetOfDifficulty(1n)).toBe(MAX_TARGET);
    expect(difficultyOfTarget(MAX_TARGET)).toBe(1n);
    expect(meetsTarget(MAX_TARGET, MAX_TARGET)).toBe(true);
  });

  it('is exclusive at the target', () => {
    expect(meetsTarget(99n, 100n)).toBe(true);
    expect(meetsTarget(100n, 100n)).toBe(false);
  });

  it('round-trips every difficulty below 2^128', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: (1n << 128n) - 1n }), (difficulty) => {
        expect(difficultyOfTarget(targetOfDifficulty(difficulty))).toBe(difficulty);
      }),
    );
  });

  it('refuses difficulty and target 0', () => {
    expect(() => targetOfDifficulty(0n)).toThrow(RangeError);
    expect(() => difficultyOfTarget(0n)).toThrow(RangeError);
    expect(() => difficultyOfTarget(TWO_256)).toThrow(RangeError);
  });
});

describe('difficulty as a number', () => {
  it('is exact for powers of two, up to the ends', () => {
    for (let exponent = 0; exponent <= 256; exponent++) {
      expect(difficultyNumber(TWO_256 >> BigInt(exponent))).toBe(2 ** exponent);
      if (exponent < 256)
        expect(difficultyNumber(targetOfDifficulty(1n << BigInt(exponent)))).toBe(2 ** exponent);
    }
    expect(difficultyNumber(MAX_TARGET)).toBe(1);
  });

  it('is within 2^-51 of the quotient', () => {
    const anyTarget = fc
      .integer({ min: 0, max: 255 })
      .chain((bits) => fc.bigInt(1n, (2n << BigInt(bits)) - 1n));
    fc.assert(
      fc.property(anyTarget, (target) => {
        // The double as a fraction of 2^256, so that it is compared without rounding.
        const scaled = BigInt(difficultyNumber(target) * 2 ** 200) * target;
        const exact = TWO_256 << 200n;
        const error = scaled > exact ? scaled - exact : exact - scaled;
        expect(error << 51n).toBeLessThanOrEqual(exact);
      }),
    );
  });

  it('refuses what is no target', () => {
    expect(() => difficultyNumber(0n)).toThrow(RangeError);
    expect(() => difficultyNumber(-1n)).toThrow(RangeError);
    expect(() => difficultyNumber(TWO_256 + 1n)).toThrow(RangeError);
  });
});

describe('lower bound', () => {
  it('is 0 for nonces below 2^128 and drops the top bit', () => {
    expect(lowerBoundOf((1n << 128n) - 1n)).toBe(0n);
    expect(lowerBoundOf(1n << 128n)).toBe(1n << 128n);
    expect(lowerBoundOf(1n << 255n)).toBe(0n);
    expect(lowerBoundOf(MAX_TARGET)).toBe((1n << 255n) - (1n << 128n));
  });

  it('is subtracted modulo 2^256', () => {
    expect(distanceOf(0n, 1n << 128n)).toBe(TWO_256 - (1n << 128n));
    expect(distanceOf(5n + (1n << 200n), 1n << 200n)).toBe(5n);
    expect(qualityOf(1n << 200n, 1n << 200n)).toBe(MAX_TARGET);
  });
});
