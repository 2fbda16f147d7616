/**
 * Remembers which works were handed out and as which jobs, so that a share for any of them can be judged by the target
 * it was issued with. Bounded three ways: by age, by lineages (a node that races through heights) and by works (one that
 * rebuilds the same height again and again).
 */
import type { Job, JobId, Work } from './work.js';

export interface JobWindow {
  readonly maxAgeMs: number;
  readonly maxLineages: number;
  readonly maxWorks: number;
}

/**
 * conflux-rust keeps 1 to 10 broadcasts and answers for itself; this window is wider so that the node, not the bridge,
 * decides that a solution came too late. 1024 works of about 0.5 kB are half a megabyte; a job more for each target.
 */
export const DEFAULT_JOB_WINDOW: JobWindow = { maxAgeMs: 600_000, maxLineages: 64, maxWorks: 1024 };

/** conflux-rust's broadcast counter starts here; miners ignore it, but transcripts stay comparable. */
const FIRST_SEQUENCE = 17;

/** A share may come this long after its work was replaced by one of another lineage before it is called stale. */
const STALE_AFTER_MS = 5000;

interface Kept<W extends Work> {
  readonly work: W;
  readonly jobs: Map<bigint, Job<W>>;
}

interface Lineage {
  /** Of its works. */
  readonly keys: Set<string>;
  /** When another lineage took its place. */
  replacedAt: number | undefined;
}

/** What a connection was given. */
export interface IssuedTargets {
  has(target: bigint): boolean;
  /** For who names no job: the easiest of those that he may have searched for last. */
  readonly unnamed: bigint;
}

export interface Found<W extends Work> {
  readonly job: Job<W>;
  /** The id names a job of another work than the share does. */
  readonly contradicted: boolean;
}

export class JobRegistry<W extends Work> {
  private readonly works = new Map<string, Kept<W>>();
  private readonly jobs = new Map<string, Job<W>>();
  private readonly lineages = new Map<string, Lineage>();
  private sequence = FIRST_SEQUENCE;
  private newest: Kept<W> | undefined;

  constructor(private readonly window: JobWindow = DEFAULT_JOB_WINDOW) {}

  /** The work that miners should be busy with. */
  get current(): W | undefined {
    return this.newest?.work;
  }

  get size(): number {
    return this.works.size;
  }

  /** Makes the work current. Whether miners have to be told: it is new, or they are busy with another. */
  add(work: W): boolean {
    this.expire(work.receivedAt);
    const known = this.works.get(work.key);
    if (known?.work.networkTarget === work.networkTarget) {
      const isNews = known !== this.newest;
      this.makeNewest(known, work.receivedAt);
      return isNews;
    }
    if (known) this.drop(known);
    const kept: Kept<W> = { work, jobs: new Map() };
    this.keep(kept);
    this.makeNewest(kept, work.receivedAt);
    this.trim();
    return true;
  }

  /**
   * The job that asks for the work at a target, or at the network's where that is easier. Its id is the work's key for
   * the network's target, as it is on conflux-rust, and a running number for others: miners tell jobs apart by id only.
   */
  jobFor(work: W, target: bigint): Job<W> {
    const kept = this.works.get(work.key);
    const asked = target > work.networkTarget ? target : work.networkTarget;
    const known = kept?.jobs.get(asked);
    if (known) return known;
    const sequence = this.sequence++;
    const id = (asked === work.networkTarget ? work.key : String(sequence)) as JobId;
    const job: Job<W> = { id, sequence, work, target: asked };
    if (kept) {
      kept.jobs.set(asked, job);
      this.jobs.set(id, job);
    }
    return job;
  }

  /**
   * The job that a share belongs to. An id that names none, or only the work, says nothing about the target, as on
   * conflux-rust, where all ids are the work's; and a target that the connection was not given is not its to choose: the
   * job is then the one at its unnamed target. Without a work the id alone decides.
   */
  find(workKey: string | undefined, jobId: string, issued: IssuedTargets): Found<W> | undefined {
    const named = this.jobs.get(jobId);
    const work = workKey === undefined ? named?.work : this.works.get(workKey)?.work;
    if (!work) return undefined;
    const contradicted = named !== undefined && named.work !== work;
    const isNetwork = named?.target === work.networkTarget;
    const says =
      named !== undefined && !contradicted && (isNetwork ? workKey === undefined : issued.has(named.target));
    return { job: says ? named : this.jobFor(work, issued.unnamed), contradicted };
  }

  /** Whether a share of the work comes too late to count, though a solution may still become a block. */
  isStale(work: W, now: number): boolean {
    const replacedAt = this.lineages.get(work.lineage)?.replacedAt;
    return replacedAt !== undefined && now - replacedAt > STALE_AFTER_MS;
  }

  private makeNewest(kept: Kept<W>, now: number): void {
    const last = this.newest && this.lineages.get(this.newest.work.lineage);
    const lineage = this.lineages.get(kept.work.lineage);
    this.newest = kept;
    if (last && last !== lineage) last.replacedAt = now;
    if (lineage) lineage.replacedAt = undefined;
  }

  private keep(kept: Kept<W>): void {
    const { key, lineage } = kept.work;
    this.works.set(key, kept);
    const siblings = this.lineages.get(lineage) ?? { keys: new Set(), replacedAt: undefined };
    siblings.keys.add(key);
    this.lineages.set(lineage, siblings);
  }

  private trim(): void {
    if (this.lineages.size > this.window.maxLineages) this.dropOldestLineage();
    while (this.works.size > this.window.maxWorks) this.dropOldestWork();
  }

  /** The current work never expires: a node that repeats it for long must not make it look new. */
  private expire(now: number): void {
    for (const kept of this.works.values()) {
      if (now - kept.work.receivedAt <= this.window.maxAgeMs) return;
      if (kept !== this.newest) this.drop(kept);
    }
  }

  private dropOldestLineage(): void {
    const [oldest] = this.lineages.values();
    for (const key of oldest?.keys ?? []) {
      const kept = this.works.get(key);
      if (kept) this.drop(kept);
    }
  }

  private dropOldestWork(): void {
    const [oldest] = this.works.values();
    if (oldest) this.drop(oldest);
  }

  private drop(kept: Kept<W>): void {
    const { key, lineage } = kept.work;
    this.works.delete(key);
    for (const { id } of kept.jobs.values()) this.jobs.delete(id);
    const siblings = this.lineages.get(lineage);
    siblings?.keys.delete(key);
    if (siblings?.keys.size === 0) this.lineages.delete(lineage);
  }
}
