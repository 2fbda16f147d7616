/**
 * Target arithmetic on 256-bit integers. A target ("boundary" in Conflux) is the exclusive upper limit that a
 * proof-of-work value must stay under; difficulty is its reciprocal and exists only here and in reports.
 */

export const TWO_256 = 1n << 256n;
export const MAX_TARGET = TWO_256 - 1n;

/** Target of a difficulty: `floor(2^256 / difficulty)`, and 2^256 − 1 for difficulty 1. Throws RangeError below 1. */
export function targetOfDifficulty(difficulty: bigint): bigint {
  if (difficulty < 1n) throw new RangeError(`difficulty ${difficulty} is below 1`);
  return difficulty === 1n ? MAX_TARGET : TWO_256 / difficulty;
}

/**
 * Difficulty of a target: `floor(2^256 / target)`, and 1 for 2^256 − 1. Rounding on both sides makes this the largest
 * difficulty whose target is at least the given one; exact for difficulties below 2^128. Throws RangeError below 1.
 */
export function difficultyOfTarget(target: bigint): bigint {
  if (target < 1n || target > MAX_TARGET) throw new RangeError(`target ${target} is not in 1 to 2^256 - 1`);
  return target === MAX_TARGET ? 1n : TWO_256 / target;
}

/**
 * Difficulty of a target as a number, for statistics: the hashes that a share of the target takes on average. Within
 * 2^-51 of `2^256 / target` and exact for powers of two. Targets are 1 to 2^256, so that `value + 1n` is always one: the
 * hardest target that a value meets. Throws RangeError outside.
 */
export function difficultyNumber(target: bigint): number {
  if (target < 1n || target > TWO_256) throw new RangeError(`target ${target} is not in 1 to 2^256`);
  return Number(TWO_256) / Number(target);
}

/** Whether a proof-of-work value in 0 to 2^256 − 1 meets a target. The maximal target is met by every value. */
export function meetsTarget(value: bigint, target: bigint): boolean {
  return target === MAX_TARGET || value < target;
}
