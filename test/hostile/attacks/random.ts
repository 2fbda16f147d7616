/** Numbers, bytes and choices that a seed repeats. For tests only: nothing here is secret. */

export class Random {
  /** `seed`: any 32-bit integer. */
  constructor(private state: number) {}

  /** An integer from 0 to `limit` − 1 (mulberry32). */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)));
  }

  /** Lower-case digits. */
  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.below(16).toString(16)).join('');
  }
}

/** A seed of its own for each name, so that one phase alone repeats what it did among the others. */
export function seedFor(seed: number, name: string): number {
  let mixed = seed;
  for (const char of name) mixed = (Math.imul(mixed, 31) + (char.codePointAt(0) ?? 0)) | 0;
  return mixed;
}
