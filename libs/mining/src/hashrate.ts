/**
 * How fast a worker or a session mines, from the work of its accepted shares: over a minute, ten minutes and a day, each
 * with the range that chance leaves.
 */
import { WorkWindow } from './work-window.js';

/** Of one window. Speeds are in hashes per second. */
export interface HashrateEstimate {
  /** Work of the window's shares over its time. */
  readonly hashesPerSecond: number;
  /** 95% confidence: a rig slower than this would do as well in one window of 40 at most. */
  readonly low: number;
  /**
   * Likewise: one faster than this would do as badly. Without shares in the window it is what a silence leaves possible
   * if shares are as hard as the last one; too low where they became harder since. Undefined where there never was one:
   * a silence at an unknown difficulty says nothing.
   */
  readonly high: number | undefined;
  readonly shares: number;
}

export interface Hashrates {
  readonly oneMinute: HashrateEstimate;
  readonly tenMinutes: HashrateEstimate;
  readonly day: HashrateEstimate;
}

/** A younger meter is taken to be as old as this: a share in the first millisecond is no speed yet. */
const MIN_AGE_MS = 1000;

/** 250 bytes before the first share; then about 1.9 kB, of which 1104 bytes are the 46 buckets. */
export class HashrateMeter {
  private readonly oneMinute = new WorkWindow(5_000, 12);
  private readonly tenMinutes = new WorkWindow(60_000, 10);
  private readonly day = new WorkWindow(3_600_000, 24);
  private lastDifficulty: number | undefined;

  /** `startedAt` is when mining began: time without shares counts from there. */
  constructor(private readonly startedAt: number) {}

  /** An accepted share; `difficulty` is its job's, in hashes per share. */
  add(difficulty: number, now: number): void {
    this.lastDifficulty = difficulty;
    this.oneMinute.add(difficulty, now);
    this.tenMinutes.add(difficulty, now);
    this.day.add(difficulty, now);
  }

  /** Windows begin with a bucket: a minute is 55 to 60 seconds, a day 23 to 24 hours. None begins before the meter. */
  read(now: number): Hashrates {
    return {
      oneMinute: this.estimate(this.oneMinute, now),
      tenMinutes: this.estimate(this.tenMinutes, now),
      day: this.estimate(this.day, now),
    };
  }

  /**
   * Shares of several difficulties d count as (sum d)² / (sum d²) shares of the same one, (sum d²) / (sum d): the scaled
   * Poisson distribution of Bohm and Zech, "Statistics of weighted Poisson events and its applications", 2014.
   */
  private estimate(window: WorkWindow, now: number): HashrateEstimate {
    const { work, squares, shares, spanMs } = window.sum(now);
    const seconds = Math.min(spanMs, Math.max(now - this.startedAt, MIN_AGE_MS)) / 1000;
    const difficulty = shares > 0 ? squares / work : this.lastDifficulty;
    if (difficulty === undefined) return { hashesPerSecond: 0, low: 0, high: undefined, shares };
    const { low, high } = poissonInterval(work / difficulty);
    return {
      hashesPerSecond: work / seconds,
      low: (low * difficulty) / seconds,
      high: (high * difficulty) / seconds,
      shares,
    };
  }
}

/** Standard deviations of a normal distribution that 2.5% pass. */
const NORMAL_97_5 = 1.959964;

/**
 * Limits of the mean of a Poisson distribution of which `count` was seen, with 95% confidence (2.5% on each side). Takes
 * fractions of counts. Within 0.6% of the exact (Garwood 1936) limits, which are quantiles of chi-square: these are its
 * approximation by Wilson and Hilferty, the lower one corrected by Gehrels, "Confidence limits for small numbers of
 * events in astrophysical data", 1986, equations 9 and 14.
 */
export function poissonInterval(count: number): { readonly low: number; readonly high: number } {
  const above = count + 1;
  const high = above * (1 - 1 / (9 * above) + NORMAL_97_5 / (3 * Math.sqrt(above))) ** 3;
  if (count === 0) return { low: 0, high };
  const correction = 0.058 * count ** -2.22;
  return {
    low: count * (1 - 1 / (9 * count) - NORMAL_97_5 / (3 * Math.sqrt(count)) + correction) ** 3,
    high,
  };
}
