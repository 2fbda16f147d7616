/** The jobs of one connection: none twice, each after its target where the dialect has a line for that, and only the newest to who reads slowly. */
import type { Socket } from 'node:net';
import { idleDescriptor } from '#libs/fan-out';
import type { JobLine } from './job-lines.js';
import type { ListenerDialect } from './session-host.js';
import type { ShareTarget } from './share-target.js';

export class JobOutlet {
  /** The one sent or held last: nobody gets the same twice. */
  private last: JobLine | undefined;
  /** The newest job that a slow reader has not been sent. */
  private held: JobLine | undefined;

  constructor(
    private readonly stream: Socket,
    private readonly target: ShareTarget,
    private readonly dialect: Pick<ListenerDialect, 'encodeTarget'>,
    private readonly queuedBytes: number,
  ) {}

  get hasSent(): boolean {
    return this.last !== undefined;
  }

  send(line: JobLine): void {
    if (this.isDue(line)) this.write(line);
  }

  /** As `send`, but where the socket can take bytes at once they are the caller's to send: to this descriptor. */
  claim(line: JobLine): number | undefined {
    if (!this.isDue(line)) return undefined;
    const descriptor = idleDescriptor(this.stream);
    if (descriptor === undefined || this.news(line) !== '') {
      this.write(line);
      return undefined;
    }
    this.target.onIssued(line.job);
    return descriptor;
  }

  /** What the descriptor did not take; after an error everything, so that Node.js meets the error, too. */
  sendRest({ bytes }: JobLine, sent: number): void {
    this.stream.write(sent > 0 ? bytes.subarray(sent) : bytes);
  }

  onDrain(): void {
    const { held } = this;
    this.held = undefined;
    if (held) this.write(held);
  }

  private isDue(line: JobLine): boolean {
    if (line === this.last) return false;
    this.last = line;
    const { writableLength, writableNeedDrain } = this.stream;
    // Held only where a drain will come.
    if (!this.held && !(writableNeedDrain && writableLength > this.queuedBytes)) return true;
    this.held = line;
    return false;
  }

  private news({ job }: JobLine): string {
    return this.target.isNews(job.target) ? this.dialect.encodeTarget(job.target) : '';
  }

  private write(line: JobLine): void {
    const news = this.news(line);
    if (news !== '') this.stream.write(news);
    this.target.onIssued(line.job);
    this.stream.write(line.bytes);
  }
}
