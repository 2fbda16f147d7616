/**
 * Remembers which jobs were handed out, so that a share for any of them can be judged. Bounded three ways: by age, by
 * lineages (a node that races through heights) and by jobs (one that rebuilds the same height again and again).
 */
import type { Job, JobId, Work } from './work.js';

export interface JobWindow {
  readonly maxAgeMs: number;
  readonly maxLineages: number;
  readonly maxJobs: number;
}

/**
 * conflux-rust keeps 1 to 10 broadcasts and answers for itself; this window is wider so that the node, not the bridge,
 * decides that a solution came too late. 1024 jobs of about 0.5 kB are half a megabyte.
 */
export const DEFAULT_JOB_WINDOW: JobWindow = { maxAgeMs: 600_000, maxLineages: 64, maxJobs: 1024 };

/** conflux-rust's broadcast counter starts here; miners ignore it, but transcripts stay comparable. */
const FIRST_SEQUENCE = 17;

export class JobRegistry<W extends Work> {
  private readonly jobs = new Map<string, Job<W>>();
  private readonly lineages = new Map<string, Set<string>>();
  private sequence = FIRST_SEQUENCE;
  private newest: Job<W> | undefined;

  constructor(private readonly window: JobWindow = DEFAULT_JOB_WINDOW) {}

  /** The job that miners should be working on. */
  get current(): Job<W> | undefined {
    return this.newest;
  }

  get size(): number {
    return this.jobs.size;
  }

  /**
   * Makes the work current. Returns its job where miners have to be told: it is new, or they work for another source
   * now. Undefined when they have it already.
   */
  add(work: W): Job<W> | undefined {
    this.expire(work.receivedAt);
    const known = this.jobs.get(work.key);
    if (known?.target === work.networkTarget) {
      const switched = this.newest?.work.source !== known.work.source;
      this.newest = known;
      return switched ? known : undefined;
    }
    const job: Job<W> = {
      id: work.key as JobId,
      sequence: this.sequence++,
      work,
      target: work.networkTarget,
    };
    this.newest = job;
    this.keep(job);
    return job;
  }

  /**
   * The job that a share belongs to. A job id that names another kept job than the share's work contradicts it and
   * finds nothing; an id that names none is ignored, as conflux-rust ignores it.
   */
  find(workKey: string | undefined, jobId: string): Job<W> | undefined {
    const named = this.jobs.get(jobId);
    if (workKey === undefined) return named;
    const job = this.jobs.get(workKey);
    return named !== undefined && named !== job ? undefined : job;
  }

  private keep(job: Job<W>): void {
    const { key, lineage } = job.work;
    this.jobs.set(key, job);
    const siblings = this.lineages.get(lineage) ?? new Set<string>();
    siblings.add(key);
    this.lineages.set(lineage, siblings);
    if (this.lineages.size > this.window.maxLineages) this.dropOldestLineage();
    while (this.jobs.size > this.window.maxJobs) this.dropOldestJob();
  }

  /** The current job never expires: a node that repeats it for long must not make it look new. */
  private expire(now: number): void {
    for (const job of this.jobs.values()) {
      if (now - job.work.receivedAt <= this.window.maxAgeMs) return;
      if (job !== this.newest) this.drop(job);
    }
  }

  private dropOldestLineage(): void {
    const [oldest] = this.lineages.values();
    for (const key of oldest ?? []) {
      const job = this.jobs.get(key);
      if (job) this.drop(job);
    }
  }

  private dropOldestJob(): void {
    const [oldest] = this.jobs.values();
    if (oldest) this.drop(oldest);
  }

  private drop(job: Job<W>): void {
    const { key, lineage } = job.work;
    this.jobs.delete(key);
    const siblings = this.lineages.get(lineage);
    siblings?.delete(key);
    if (siblings?.size === 0) this.lineages.delete(lineage);
  }
}
