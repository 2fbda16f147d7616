/** Each job is encoded once and sent to everybody as the same bytes; only the current work's lines are kept. */
import type { ConfluxWork } from '#libs/mining';
import type { ListenerDialect } from './session.js';
import type { WorkFeed } from './stratum-listener.js';

export class JobLines {
  private readonly lines = new Map<bigint, Buffer>();
  private work: ConfluxWork | undefined;

  constructor(
    private readonly dialect: ListenerDialect,
    private readonly jobs: WorkFeed['jobs'],
  ) {}

  of(work: ConfluxWork, target: bigint): Buffer {
    if (work !== this.work) {
      this.work = work;
      this.lines.clear();
    }
    const known = this.lines.get(target);
    if (known) return known;
    const line = Buffer.from(this.dialect.encodeJob(this.jobs.jobFor(work, target)));
    this.lines.set(target, line);
    return line;
  }
}
