/**
 * The double that serde_json makes of a number's text. It is not always the nearest one: digits beyond 64 bits are
 * dropped, and the power of ten is applied with one rounding more. conflux-rust names such numbers in its errors.
 */

const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const MAX_SIGNIFICAND = (1n << 64n) - 1n;
const MAX_EXPONENT = 2 ** 31 - 1;
const MAX_POWER = 308;

/** `text` is a JSON number. Infinite where serde_json says that it is out of range. */
export function readFloat(text: string): number {
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = PARTS.exec(text) ?? [];
  const head = append(0n, whole);
  const tail = append(head.significand, fraction);
  const start = whole.length - head.taken - tail.taken;
  const exponent = Number(exponentText);
  const magnitude =
    Math.abs(exponent) > MAX_EXPONENT
      ? overflown(tail.significand, exponent)
      : scale(Number(tail.significand), start + exponent);
  return sign === '-' ? -magnitude : magnitude;
}

/** Appends digits while 64 bits hold the number; `taken` says how many. */
function append(significand: bigint, digits: string): { significand: bigint; taken: number } {
  let taken = 0;
  for (const digit of digits) {
    const next = significand * 10n + BigInt(digit);
    if (next > MAX_SIGNIFICAND) break;
    significand = next;
    taken++;
  }
  return { significand, taken };
}

function overflown(significand: bigint, exponent: number): number {
  return significand !== 0n && exponent > 0 ? Infinity : 0;
}

function scale(value: number, exponent: number): number {
  if (value === 0) return 0;
  while (exponent < -MAX_POWER && value !== 0) {
    value /= 1e308;
    exponent += MAX_POWER;
  }
  if (exponent > MAX_POWER) return Infinity;
  return exponent >= 0 ? value * powerOfTen(exponent) : value / powerOfTen(-exponent);
}

/** The nearest double: Math.pow is off by one bit for some of them. */
const powerOfTen = (exponent: number): number => Number(`1e${exponent}`);
