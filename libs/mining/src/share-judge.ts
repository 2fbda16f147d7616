/**
 * The rules that a well-formed share of an admitted session passes, in order: job window, duplicate, proof of work,
 * delivery. What a miner is told of a solution is the source's own answer wherever there is one.
 */
import { DuplicateWindow } from './duplicate-window.js';
import type { IssuedTargets, JobRegistry } from './job-registry.js';
import type { Evaluation, ShareEvaluator } from './ports.js';
import { meetsTarget } from './target.js';
import type { Candidate, Finding, Job, Outcome, Share, Verdict, Work } from './work.js';

/** Brings a candidate to the source of its work. Never rejects. */
export type Deliver<W extends Work, S extends Share> = (candidate: Candidate<W, S>) => Promise<Outcome>;

/** Where a share comes from. */
export interface Submission {
  /** Who takes turns with others for the evaluator. */
  readonly by: object;
  /** The targets that he was given. */
  readonly issued: IssuedTargets;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What became of a share. */
export interface Judgement<W extends Work> extends Finding {
  /** The job it was judged by; undefined when it belongs to none. */
  readonly job: Job<W> | undefined;
  /** Who had spent the same hash before, if anybody. */
  readonly before: object | undefined;
}

export class ShareJudge<W extends Work, S extends Share> {
  constructor(
    private readonly jobs: JobRegistry<W>,
    private readonly evaluator: ShareEvaluator<W, S>,
    private readonly deliver: Deliver<W, S>,
    private readonly duplicates = new DuplicateWindow(),
  ) {}

  /** Never rejects: an evaluator that fails is the verdict `unchecked`. */
  async judge(share: S, { by, issued, now }: Submission): Promise<Judgement<W>> {
    const found = this.jobs.find(share.workKey, share.jobId, issued);
    if (!found) return { ...judgedAs('stale'), job: undefined, before: undefined };
    const { job, contradicted } = found;
    const late = contradicted || this.jobs.isStale(job.work, now);
    const keys = this.evaluator.precheck(job.work, share);
    const { finding, before } = await this.duplicates.once(keys, by, (counted) =>
      this.verify(job, share, by, { counted, late }),
    );
    return { ...finding, job, before };
  }

  /** A solution is delivered whatever else speaks against the share. */
  private async verify(
    { work, target }: Job<W>,
    share: S,
    caller: object,
    past: { readonly counted: boolean; readonly late: boolean },
  ): Promise<Finding> {
    let evaluation: Evaluation;
    try {
      evaluation = await this.evaluator.evaluate(work, share, caller);
    } catch {
      return judgedAs('unchecked');
    }
    const { value } = evaluation;
    if (meetsTarget(value, work.networkTarget)) {
      return { verdict: verdictOf(await this.deliver({ work, share, value })), solved: true, value };
    }
    if (share.suspect) return judgedAs('malformed');
    if (!meetsTarget(value, target)) return judgedAs('invalid');
    if (past.counted) return judgedAs('duplicate');
    return past.late ? judgedAs('stale') : { ...judgedAs('accepted'), value };
  }
}

function judgedAs(kind: Verdict['kind']): Finding {
  return { verdict: { kind }, solved: false, value: undefined };
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
