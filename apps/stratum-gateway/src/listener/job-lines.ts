/** Each job is encoded once and sent to everybody as the same bytes; only the current work's lines are kept. */
import type { ConfluxWork, Job } from '#libs/mining';
import type { ListenerDialect } from './session-host.js';
import type { WorkFeed } from './stratum-listener.js';

export interface JobLine {
  readonly job: Job<ConfluxWork>;
  readonly bytes: Buffer;
}

export class JobLines {
  private readonly lines = new Map<bigint, JobLine>();
  private work: ConfluxWork | undefined;
  /** Most connections of a broadcast have the target of the one before. */
  private last: JobLine | undefined;

  constructor(
    private readonly dialect: ListenerDialect,
    private readonly jobs: WorkFeed['jobs'],
  ) {}

  of(work: ConfluxWork, target: bigint): JobLine {
    if (work !== this.work) {
      this.work = work;
      this.lines.clear();
      this.last = undefined;
    }
    if (this.last?.job.target === target) return this.last;
    const known = this.lines.get(target);
    if (known) return (this.last = known);
    const job = this.jobs.jobFor(work, target);
    const line = { job, bytes: Buffer.from(this.dialect.encodeJob(job)) };
    this.lines.set(target, line);
    return (this.last = line);
  }
}
