/**
 * The rules that a well-formed share of an admitted session passes, in order: job window, duplicate, proof of work,
 * delivery. What a miner is told is the source's own answer wherever there is one.
 */
import { DuplicateWindow } from './duplicate-window.js';
import type { JobRegistry } from './job-registry.js';
import type { Evaluation, ShareEvaluator } from './ports.js';
import { meetsTarget } from './target.js';
import type { Candidate, Outcome, Share, Verdict, Work } from './work.js';

/** Brings a candidate to the source of its work. Never rejects. */
export type Deliver<W extends Work, S extends Share> = (candidate: Candidate<W, S>) => Promise<Outcome>;

export class ShareJudge<W extends Work, S extends Share> {
  constructor(
    private readonly jobs: JobRegistry<W>,
    private readonly evaluator: ShareEvaluator<W, S>,
    private readonly deliver: Deliver<W, S>,
    private readonly duplicates = new DuplicateWindow(),
  ) {}

  /** `caller` is who takes turns with others for the evaluator. Never rejects: an evaluator that fails is the verdict `unchecked`. */
  async judge(share: S, caller: object): Promise<Verdict> {
    const job = this.jobs.find(share.workKey, share.jobId);
    if (!job) return { kind: 'stale' };
    const { work } = job;
    return this.duplicates.once(this.evaluator.precheck(work, share), () => this.verify(work, share, caller));
  }

  private async verify(work: W, share: S, caller: object): Promise<Verdict> {
    let evaluation: Evaluation;
    try {
      evaluation = await this.evaluator.evaluate(work, share, caller);
    } catch {
      return { kind: 'unchecked' };
    }
    const { value } = evaluation;
    if (!meetsTarget(value, work.networkTarget)) return { kind: 'invalid' };
    return verdictOf(await this.deliver({ work, share, value }));
  }
}

function verdictOf(outcome: Outcome): Verdict {
  switch (outcome.kind) {
    case 'accepted':
    case 'sidechain':
      return { kind: 'accepted' };
    case 'duplicate':
      return { kind: 'duplicate' };
    case 'rejected':
      return { kind: outcome.reason };
    case 'unknown':
      return { kind: 'unanswered' };
  }
}
