/** A miner as tests need it: writes any bytes, and hands out what comes back line by line. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Beyond this a missing line is a failure of the test, with the wanted thing named. */
const LINE_TIMEOUT_MS = 20_000;

export interface Notify {
  readonly jobId: string;
  readonly height: number;
  readonly hash: string;
  readonly boundary: bigint;
}

export class LineClient {
  /** Complete lines that nobody asked for yet. */
  readonly lines: string[] = [];
  private rest = '';
  private isClosed = false;
  private changed: () => void = () => undefined;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const parts = (this.rest + text).split('\n');
      this.rest = parts.pop() ?? '';
      this.lines.push(...parts);
      this.changed();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.changed();
    });
  }

  static async open(port: number): Promise<LineClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new LineClient(socket);
  }

  /** On a connection that somebody else has opened. */
  static on(socket: Socket): LineClient {
    return new LineClient(socket);
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** What came after the last newline. */
  get unfinished(): string {
    return this.rest;
  }

  send(line: string | Buffer): void {
    this.socket.write(typeof line === 'string' ? `${line}\n` : line);
  }

  /** Takes the first line that passes, waiting for it. Rejects when the connection closes or time runs out. */
  async take(what: string, passes: (line: string) => boolean): Promise<string> {
    const deadline = Date.now() + LINE_TIMEOUT_MS;
    for (;;) {
      const index = this.lines.findIndex(passes);
      const [line] = index === -1 ? [] : this.lines.splice(index, 1);
      if (line !== undefined) return line;
      if (this.isClosed) throw new Error(`closed while waiting for ${what}; had ${this.lines.join(' / ')}`);
      if (!(await this.change(deadline)))
        throw new Error(`no ${what} in time; had ${this.lines.join(' / ')}`);
    }
  }

  /** The next line that is no job. */
  reply(): Promise<string> {
    return this.take('reply', (line) => !isNotify(line));
  }

  async request(id: number, method: string, params: readonly unknown[]): Promise<unknown> {
    this.send(JSON.stringify({ id, method, params }));
    const line = await this.take(`reply to ${method}`, (text) => !isNotify(text));
    return (JSON.parse(line) as { result: unknown }).result;
  }

  subscribe(worker = 'rig', password = ''): Promise<unknown> {
    return this.request(1, 'mining.subscribe', [worker, password]);
  }

  async job(): Promise<Notify> {
    const line = await this.take('job', isNotify);
    const { params } = JSON.parse(line) as { params: string[] };
    const [jobId = '', height = '', hash = '', boundary = '0'] = params;
    return { jobId, height: Number(height), hash, boundary: BigInt(boundary) };
  }

  submit(job: Pick<Notify, 'jobId' | 'hash'>, nonce: bigint | string, worker = 'rig'): Promise<unknown> {
    const text = typeof nonce === 'string' ? nonce : `0x${nonce.toString(16)}`;
    return this.request(4, 'mining.submit', [worker, job.jobId, text, job.hash]);
  }

  async untilClosed(): Promise<void> {
    const deadline = Date.now() + LINE_TIMEOUT_MS;
    while (!this.isClosed) {
      if (!(await this.change(deadline))) throw new Error('the connection was not closed in time');
    }
  }

  close(): void {
    this.socket.destroy();
  }

  private change(deadline: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), Math.max(0, deadline - Date.now()));
      this.changed = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

function isNotify(line: string): boolean {
  return line.includes('"mining.notify"');
}
