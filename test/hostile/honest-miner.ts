/**
 * The miner that all this is about: it asks something every 20 ms and measures the answers, and it solves the jobs that
 * it gets when it is told to. What it sends is never more than an honest rig sends.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { openPow } from '#libs/octopus';

/** A request every so often, whether or not the ones before it are answered: a slow answer must not hide the next. */
const ASK_EVERY_MS = 20;
/** Below the gateway's bound on lines that one connection may have unanswered. */
const MAX_UNANSWERED = 25;
const ANSWER_TIMEOUT_MS = 20_000;
const SEARCH_SLICE = 1000;
const WORKER = 'honest';

export interface Job {
  readonly jobId: string;
  readonly height: number;
  readonly hash: string;
  readonly boundary: bigint;
}

export interface Solution {
  readonly hash: string;
  readonly nonce: string;
}

interface Waiting {
  readonly answered: (result: unknown) => void;
  readonly failed: (error: Error) => void;
}

export class HonestMiner {
  job: Job | undefined;
  closed = false;
  private readonly engine = openPow('keccak-test').engine;
  private readonly waiting = new Map<number, Waiting>();
  private wakeForJob: () => void = () => undefined;
  private latenciesMs: number[] = [];
  private asking: NodeJS.Timeout | undefined;
  private lastId = 0;
  private nonce = BigInt(process.pid) << 40n;

  private constructor(private readonly socket: Socket) {
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => this.onLine(line));
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.closed = true;
      clearInterval(this.asking);
      this.wakeForJob();
      for (const { failed } of this.waiting.values()) failed(new Error('the honest miner was disconnected'));
    });
  }

  /** Rejects when the gateway does not let it in. */
  static async connect(port: number, password: string): Promise<HonestMiner> {
    const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const miner = new HonestMiner(socket);
    const admitted = await miner.request('mining.subscribe', [WORKER, password]);
    if (admitted !== true) throw new Error(`the honest miner was answered ${JSON.stringify(admitted)}`);
    return miner;
  }

  /** Measures round trips from now on; the function ends it and gives them, when the last one is answered. */
  measure(): () => Promise<readonly number[]> {
    this.latenciesMs = [];
    const open = new Set<Promise<void>>();
    this.asking = setInterval(() => {
      if (open.size >= MAX_UNANSWERED) return;
      const asked = this.ask().finally(() => open.delete(asked));
      asked.catch(() => undefined);
      open.add(asked);
    }, ASK_EVERY_MS);
    return async () => {
      clearInterval(this.asking);
      await Promise.all(open);
      return this.latenciesMs;
    };
  }

  /**
   * Finds a block for a job that comes from now on and gives what the gateway answered. An idle node sends a job every
   * ten seconds only, so the one that is there is solved first: the next follows at once.
   */
  async solveNextJob(): Promise<{ readonly result: unknown; readonly solution: Solution }> {
    const old = await this.anyJob();
    await this.solve(old);
    while (this.job?.hash === old.hash) await this.jobChange();
    return this.solve(await this.anyJob());
  }

  close(): void {
    clearInterval(this.asking);
    this.socket.destroy();
  }

  private async anyJob(): Promise<Job> {
    while (!this.job) await this.jobChange();
    return this.job;
  }

  /** Hashes in slices, so that the clock of the round trips is not held up for long. */
  private async solve({
    hash,
    height,
    boundary,
    jobId,
  }: Job): Promise<{ result: unknown; solution: Solution }> {
    const headerHash = Buffer.from(hash.slice(2), 'hex');
    for (;;) {
      const slice = { headerHash, height, start: this.nonce, count: SEARCH_SLICE, boundary };
      const { tried, found } = await this.engine.search(slice);
      this.nonce += BigInt(tried);
      if (!found) continue;
      const nonce = `0x${found.nonce.toString(16)}`;
      const result = await this.request('mining.submit', [WORKER, jobId, nonce, hash]);
      return { result, solution: { hash, nonce } };
    }
  }

  /** The cheapest request that every build answers with a result. */
  private async ask(): Promise<void> {
    const askedAt = performance.now();
    await this.request('eth_submitHashrate', ['0x1', '0x1']);
    this.latenciesMs.push(performance.now() - askedAt);
  }

  private request(method: string, params: readonly string[]): Promise<unknown> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        reject(error);
      };
      const timer = setTimeout(
        () => failed(new Error(`${method} was not answered in time`)),
        ANSWER_TIMEOUT_MS,
      );
      const answered = (result: unknown): void => {
        clearTimeout(timer);
        resolve(result);
      };
      this.waiting.set(id, { answered, failed });
      if (this.closed) failed(new Error('the honest miner is disconnected'));
      else this.socket.write(`${JSON.stringify({ id, method, params })}\n`);
    });
  }

  private onLine(line: string): void {
    const message = JSON.parse(line) as { id: number; method?: string; params?: string[]; result?: unknown };
    if (message.method === 'mining.notify') {
      const [jobId = '', height = '', hash = '', boundary = '0'] = message.params ?? [];
      this.job = { jobId, height: Number(height), hash, boundary: BigInt(boundary) };
      this.wakeForJob();
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    waiting?.answered(message.result ?? line);
  }

  private jobChange(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no new job in time')), ANSWER_TIMEOUT_MS);
      this.wakeForJob = () => {
        clearTimeout(timer);
        if (this.closed) reject(new Error('the honest miner was disconnected'));
        else resolve();
      };
    });
  }
}
