/**
 * Runs a property on random inputs. Run k of seed s is run 0 of seed s + k, so that a failure is repeated by itself:
 * FUZZ_SEED=… FUZZ_RUNS=1. FUZZ_RUNS and FUZZ_SECONDS run longer than the few runs of every `npm test`.
 */
import { expect, it } from 'vitest';

const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const RUNS = process.env['FUZZ_RUNS'];
const SECONDS = process.env['FUZZ_SECONDS'];
/** Enough to be sure that the targets still work; the finding is done by `npm run fuzz`. */
const DEFAULT_RUNS = 2000;
/** The clock is looked at once in so many runs. */
const RUNS_PER_LOOK = 100;
const MAX_SECONDS = 3600;

/** Mulberry32. */
export class Random {
  constructor(private state: number) {}

  /** From 0 to limit - 1. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  one<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** Mostly small, now and then up to limit - 1. */
  size(limit: number): number {
    return this.below(1 + this.below(1 + this.below(limit)));
  }
}

/** A test that runs `check` on many random sources. `check` throws where the property does not hold. */
export function fuzz(name: string, check: (random: Random) => void): void {
  it(`${name}, FUZZ_SEED=${SEED}`, { timeout: MAX_SECONDS * 1000 }, () => {
    const until = SECONDS === undefined ? 0 : Date.now() + Number(SECONDS) * 1000;
    const runs = RUNS === undefined ? (until === 0 ? DEFAULT_RUNS : Infinity) : Number(RUNS);
    process.stdout.write(`${name}: begins with FUZZ_SEED=${SEED}\n`);
    let run = 0;
    for (; run < runs; run++) {
      if (until !== 0 && run % RUNS_PER_LOOK === 0 && Date.now() >= until) break;
      try {
        check(new Random(SEED + run));
      } catch (error) {
        throw new Error(`FUZZ_SEED=${SEED + run} FUZZ_RUNS=1 repeats it: ${String(error)}`, { cause: error });
      }
    }
    process.stdout.write(`${name}: ${run} runs\n`);
    expect(run).toBeGreaterThan(0);
  });
}
