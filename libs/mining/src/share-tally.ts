/** What came of the shares of a worker or a session: counts per verdict, blocks, the best share, effort. */
import type { Verdict } from './work.js';

/** What is known of a share whose proof of work was computed. Difficulties are hashes per share (`difficultyNumber`). */
export interface TalliedShare {
  /** Of its job. */
  readonly difficulty: number;
  readonly networkDifficulty: number;
  /** Of the hardest target that its value meets: `difficultyNumber(value + 1n)`. */
  readonly best: number;
  /** Whether it meets the network target. */
  readonly solved: boolean;
}

export type VerdictCounts = Readonly<Record<Verdict['kind'], number>>;

export class ShareTally {
  private readonly verdicts = {
    accepted: 0,
    malformed: 0,
    unauthorized: 0,
    stale: 0,
    duplicate: 0,
    invalid: 0,
    unanswered: 0,
    unchecked: 0,
  } satisfies Record<Verdict['kind'], number>;
  private taken = 0;
  private bestDifficulty = 0;
  private workSinceBlock = 0;
  private lastAt: number | undefined;

  get counts(): VerdictCounts {
    return this.verdicts;
  }

  /** Accepted shares that met the network target. */
  get blocks(): number {
    return this.taken;
  }

  /** Difficulty of the best accepted share, 0 before the first. */
  get best(): number {
    return this.bestDifficulty;
  }

  /** Work of the accepted shares since the last block, in blocks: at 1 one was to be expected, on average. */
  get effort(): number {
    return this.workSinceBlock;
  }

  /** Time of the last share, whatever its verdict. */
  get lastShareAt(): number | undefined {
    return this.lastAt;
  }

  /** `share` is needed of accepted ones only. */
  count(verdict: Verdict, now: number, share?: TalliedShare): void {
    this.verdicts[verdict.kind]++;
    this.lastAt = now;
    if (verdict.kind !== 'accepted' || !share) return;
    this.bestDifficulty = Math.max(this.bestDifficulty, share.best);
    this.workSinceBlock += share.difficulty / share.networkDifficulty;
    if (!share.solved) return;
    this.taken++;
    this.workSinceBlock = 0;
  }
}
