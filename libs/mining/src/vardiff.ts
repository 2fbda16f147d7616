/**
 * The share difficulty of one connection, so that about one share comes per interval whatever the rig's speed. It is a
 * power of two: connections share boundaries, and a job is encoded once for all that have the same. Knows neither the
 * network target, which the caller applies on top, nor when a new difficulty reaches the miner.
 */

export interface VardiffOptions {
  /** The aim: one share in this time, on average. */
  readonly intervalMs: number;
  /** At least 1. Rounded up to a power of two: shares are never easier than configured. */
  readonly minDifficulty: bigint;
  /** Rounded down to a power of two, and the minimum where that is more. */
  readonly startDifficulty: bigint;
}

/** Far above any miner, and its target still has 56 bits. */
const MAX_EXPONENT = 200;
/**
 * Shares and intervals fade out in this many intervals. The estimate's standard deviation is then 11%, little enough for
 * a steady rig to stay on its step; that a rig stopped is noticed after 25 intervals.
 */
const MEMORY_INTERVALS = 45;
/**
 * Powers of two that the estimate has to be off before the difficulty moves. More than the half step that rounding leaves,
 * so that a rig between two steps does not toggle; and a mean interval stays within 0.64 to 1.57 of the aim.
 */
const HYSTERESIS_OCTAVES = 0.65;
/** Twice the log-likelihood ratio that is no accident: about three standard deviations. No share in 6.5 intervals passes. */
const SIGNIFICANT = 9;
/**
 * Intervals that count on after a step. With none, chance made ten times as many wrong steps; with all, a rig that
 * stopped took half as long again to be down.
 */
const KEPT_INTERVALS = 4;
/** x16: of a start that is a thousand times too easy, three steps are left. Sixteen shares at once justify no more. */
const MAX_STEP_UP = 4;
/** /4: a rig that is silent while it builds its data set should not flood when it is done. */
const MAX_STEP_DOWN = 2;
/** Shares seen from which each further one is looked at, not only each tick: enough for the largest step up. */
const FLOOD_SHARES = 2 ** MAX_STEP_UP - 1;
/** A longer time without tick or share says nothing of the miner: the caller had no work for it, or the process slept. */
const MAX_ELAPSED_MS = 30_000;

export class Vardiff {
  private readonly intervalMs: number;
  private readonly minExponent: number;
  private exponent: number;
  /** Work done, in shares of the difficulty; faded. */
  private seen = 0;
  /** What `seen` is on average if the difficulty is right: time, in intervals; faded alike. */
  private expected = 0;
  private lastAt: number;

  /** `resumeFrom` is the miner's speed in hashes per second, where an earlier session told; it replaces the start. */
  constructor(options: VardiffOptions, now: number, resumeFrom = 0) {
    this.intervalMs = options.intervalMs;
    this.minExponent = log2Floor(options.minDifficulty - 1n) + 1;
    const hashesPerInterval = (resumeFrom * options.intervalMs) / 1000;
    const start =
      hashesPerInterval > 0 ? Math.round(Math.log2(hashesPerInterval)) : log2Floor(options.startDifficulty);
    this.exponent = this.bounded(start);
    this.lastAt = now;
  }

  /** What new jobs should ask for, before the network target is applied. */
  get difficulty(): bigint {
    return 1n << BigInt(this.exponent);
  }

  /**
   * An accepted share of a job with this difficulty, which is another than the current for jobs from before a step and
   * where the network asks for less. Returns whether the difficulty changed.
   */
  onShare(difficulty: number, now: number): boolean {
    this.elapse(now);
    this.seen += difficulty / 2 ** this.exponent;
    return this.seen >= FLOOD_SHARES && this.adjust();
  }

  /** To be called about once a second while the miner has work. Returns whether the difficulty changed. */
  onTick(now: number): boolean {
    this.elapse(now);
    return this.adjust();
  }

  private elapse(now: number): void {
    const elapsedMs = Math.min(Math.max(now - this.lastAt, 0), MAX_ELAPSED_MS);
    this.lastAt = now;
    const kept = Math.exp(-elapsedMs / (this.intervalMs * MEMORY_INTERVALS));
    this.seen *= kept;
    this.expected = this.expected * kept + MEMORY_INTERVALS * (1 - kept);
  }

  /**
   * Likelihood-ratio test of a Poisson count (Wilks 1938): `2 (n ln(n/m) − n + m)` for n seen where m were expected. One
   * share in one interval is added to both, as a belief in the current difficulty: the ratio is finite from the start.
   */
  private adjust(): boolean {
    const seen = this.seen + 1;
    const expected = this.expected + 1;
    const octaves = Math.log2(seen / expected);
    if (Math.abs(octaves) < HYSTERESIS_OCTAVES) return false;
    if (2 * (seen * Math.log(seen / expected) - seen + expected) < SIGNIFICANT) return false;
    const step = Math.min(Math.max(Math.round(octaves), -MAX_STEP_DOWN), MAX_STEP_UP);
    const next = this.bounded(this.exponent + step);
    const factor = 2 ** (next - this.exponent);
    this.exponent = next;
    this.rescale(factor);
    return factor !== 1;
  }

  /**
   * A little of what is known stays known, in terms of the new difficulty and never for more than before. The same at a
   * bound: a rig that comes back after hours does not have to make up for them.
   */
  private rescale(factor: number): void {
    const seen = this.seen * Math.min(1, 1 / factor);
    const expected = this.expected * Math.min(1, factor);
    const kept = Math.min(1, KEPT_INTERVALS / expected);
    this.seen = seen * kept;
    this.expected = expected * kept;
  }

  private bounded(exponent: number): number {
    return Math.max(Math.min(exponent, MAX_EXPONENT), this.minExponent);
  }
}

/** Largest exponent whose power of two is at most the value, and -1 for values below 1. */
function log2Floor(value: bigint): number {
  return value < 1n ? -1 : value.toString(2).length - 1;
}
