/**
 * Targets as the difficulties of `mining.set_difficulty`: multiples of Bitcoin's, as doubles. Only for the wire; targets
 * are integers everywhere else.
 */

/** Target of difficulty 1: 0x00000000ffff and zeros, 256 bits. */
export const DIFFICULTY_1_TARGET = 0xffffn << 208n;

/** Bits of a double's mantissa. */
const MANTISSA_BITS = 53;

/**
 * The least double that is no easier than the target: `DIFFICULTY_1_TARGET / target`, rounded up. Rounded to the nearest,
 * 2^256 − 1 would become the difficulty of 2^256, which does not fit a miner's 256 bits. Exact for powers of two.
 * Throws RangeError unless the target is from 1 to 2^256 − 1.
 */
export function announcedDifficulty(target: bigint): number {
  if (target < 1n || target >> 256n !== 0n) throw new RangeError(`target ${target} is not in 1 to 2^256 - 1`);
  // Scaled so that the quotient has the mantissa's bits or one more; what is cut off only has to round it up.
  const shift = MANTISSA_BITS + bitLength(target) - bitLength(DIFFICULTY_1_TARGET);
  const [scaled, divisor] =
    shift >= 0
      ? [DIFFICULTY_1_TARGET << BigInt(shift), target]
      : [DIFFICULTY_1_TARGET, target << BigInt(-shift)];
  const quotient = (scaled + divisor - 1n) / divisor;
  const excess = Math.max(0, bitLength(quotient) - MANTISSA_BITS);
  const step = 1n << BigInt(excess);
  return Number((quotient + step - 1n) / step) * 2 ** (excess - shift);
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}
