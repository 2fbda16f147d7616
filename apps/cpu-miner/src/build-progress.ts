/** How far a data set is: a bar with the time left on a terminal, a line every tenth elsewhere. */
import type { BuildProgress } from '#libs/octopus';
import type { Logger } from '#libs/telemetry';

const BAR_WIDTH = 30;
const LINES = 10;

/** What is needed of process.stderr. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class BuildProgressReport {
  private readonly began: number;
  private lines = 0;

  constructor(
    private readonly stage: number,
    private readonly logger: Pick<Logger, 'info'>,
    private readonly output: ProgressOutput = process.stderr,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.began = this.now();
  }

  update({ builtPages, pages }: BuildProgress): void {
    const done = pages === 0 ? 0 : builtPages / pages;
    const left = this.timeLeft(done);
    if (this.output.isTTY) {
      const bar = '#'.repeat(Math.floor(done * BAR_WIDTH)).padEnd(BAR_WIDTH, '.');
      this.output.write(`\r\x1b[Kdata set of stage ${this.stage} [${bar}] ${percent(done)}${left}`);
      return;
    }
    const line = Math.floor(done * LINES);
    if (line <= this.lines || line === LINES) return;
    this.lines = line;
    this.logger.info(`data set of stage ${this.stage}: ${percent(done)}${left}`);
  }

  /** To be called once, however building ended: clears the bar. */
  end(): void {
    if (this.output.isTTY) this.output.write('\r\x1b[K');
  }

  /** Seconds since the start. */
  get seconds(): number {
    return (this.now() - this.began) / 1000;
  }

  private timeLeft(done: number): string {
    if (done === 0) return '';
    return `, ${Math.ceil(this.seconds * (1 / done - 1))} s left`;
  }
}

function percent(part: number): string {
  return `${Math.floor(part * 100)} %`;
}
