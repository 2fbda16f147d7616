/** Sums of the shares of the last while, in a ring of buckets of equal time. The newest bucket is still filling. */

/** Numbers of one bucket: sum of the difficulties, sum of their squares, shares. */
const FIELDS = 3;

export interface WindowSums {
  /** Sum of the difficulties. */
  readonly work: number;
  /** Sum of the squares of the difficulties. */
  readonly squares: number;
  readonly shares: number;
  /** Time that the sums are of: all buckets but a part of the newest. */
  readonly spanMs: number;
}

export class WorkWindow {
  /** A window without shares costs nothing. */
  private sums: Float64Array | undefined;
  /** Number of the newest bucket with a share, counted from time 0. A clock that goes back stays in it. */
  private newest = 0;

  constructor(
    private readonly bucketMs: number,
    private readonly buckets: number,
  ) {}

  /** `now` is at least 0. */
  add(difficulty: number, now: number): void {
    const sums = (this.sums ??= new Float64Array(this.buckets * FIELDS));
    const current = this.bucketAt(now);
    for (let fresh = Math.max(this.newest + 1, this.oldestBeside(current)); fresh <= current; fresh++) {
      sums.fill(0, this.offsetOf(fresh), this.offsetOf(fresh) + FIELDS);
    }
    this.newest = current;
    const offset = this.offsetOf(current);
    sums[offset] = (sums[offset] ?? 0) + difficulty;
    sums[offset + 1] = (sums[offset + 1] ?? 0) + difficulty ** 2;
    sums[offset + 2] = (sums[offset + 2] ?? 0) + 1;
  }

  sum(now: number): WindowSums {
    const current = this.bucketAt(now);
    const oldest = this.oldestBeside(current);
    let [work, squares, shares] = [0, 0, 0];
    for (let bucket = oldest; this.sums && bucket <= this.newest; bucket++) {
      const offset = this.offsetOf(bucket);
      work += this.sums[offset] ?? 0;
      squares += this.sums[offset + 1] ?? 0;
      shares += this.sums[offset + 2] ?? 0;
    }
    return { work, squares, shares, spanMs: Math.max(now, current * this.bucketMs) - oldest * this.bucketMs };
  }

  private bucketAt(now: number): number {
    return Math.max(Math.floor(now / this.bucketMs), this.newest);
  }

  private oldestBeside(newest: number): number {
    return newest - this.buckets + 1;
  }

  private offsetOf(bucket: number): number {
    return (bucket % this.buckets) * FIELDS;
  }
}
