/**
 * One place to hash elsewhere: a worker on TCP, or the group behind a NATS server. It knows whether that answers: by the
 * shares it was asked for, and by a hash of its own every now and then. A place that failed is not asked for shares
 * until it has answered such a hash, so one that hangs delays those shares only that were under way.
 */
import { faultOf, type PowAlgorithm } from '#libs/contracts';
import { Backoff } from '#libs/node-rpc';
import {
  GROUP_IN_FLIGHT,
  GROUP_PROBES,
  REMOTE_HASH_TIMEOUT_MS,
  SIGN_OF_LIFE_MS,
  WORKER_BACKOFF,
  WORKER_CHECK_MS,
  WORKER_IN_FLIGHT,
} from '../limits.js';
import { InFlightWindow } from './in-flight-window.js';
import { RemoteHasher, SilentWorkerError } from './remote-hasher.js';
import type { WorkerClient } from './worker-clients.js';

export interface PoolWorkerOptions {
  readonly client: WorkerClient;
  /** Behind the client are several workers, and who gets a request is not for us to say. */
  readonly isGroup: boolean;
  readonly algorithm: PowAlgorithm;
  /** Hears of a failure (with the reason) and of the first answer after it (without). */
  readonly onChange: (failure: string | undefined) => void;
}

const PROBED_HASH = new Uint8Array(32);

export class PoolWorker {
  readonly isGroup: boolean;
  readonly window: InFlightWindow;
  private readonly remote: RemoteHasher;
  private readonly backoff = new Backoff(WORKER_BACKOFF);
  private state: 'unknown' | 'up' | 'failing' = 'unknown';
  private upSince = 0;
  private answeredAt = 0;
  private height = 0;
  private timer: NodeJS.Timeout | undefined;
  private checking = false;
  private closed = false;

  constructor(private readonly options: PoolWorkerOptions) {
    this.isGroup = options.isGroup;
    this.window = new InFlightWindow(options.isGroup ? GROUP_IN_FLIGHT : WORKER_IN_FLIGHT);
    this.remote = new RemoteHasher(options.client, options.algorithm);
    options.client.status.subscribe((status) => {
      if (status === 'disconnected' && this.isUp) this.fail(new Error('the connection was lost'));
    });
  }

  get isUp(): boolean {
    return this.state === 'up' && !this.closed;
  }

  /** Undefined when there is no hash from here: busy, gone or silent for waitMs. Never rejects. */
  async hash(
    headerHash: Uint8Array,
    nonce: bigint,
    height: number,
    caller: object | undefined,
    waitMs: number,
  ): Promise<Uint8Array | undefined> {
    const sentAt = performance.now();
    this.window.inFlight++;
    try {
      const hash = await this.remote.hash(headerHash, nonce, height, caller, waitMs);
      this.answeredAt = performance.now();
      this.window.grow();
      return hash;
    } catch (error) {
      this.onRefusal(error, sentAt);
      return undefined;
    } finally {
      this.window.inFlight--;
    }
  }

  /** From now on it is looked at, at this height; its light cache is asked for. */
  watch(height: number): void {
    this.height = height;
    // Why it fails, the check finds out, sooner.
    void this.remote.prepare(height).then(
      () => this.check(),
      () => undefined,
    );
    void this.check();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.remote.close();
  }

  private async check(): Promise<void> {
    if (this.checking || this.closed) return;
    this.checking = true;
    if (this.isUp) await this.hash(PROBED_HASH, 0n, this.height, undefined, REMOTE_HASH_TIMEOUT_MS);
    else await this.probe();
    this.checking = false;
    this.schedule();
  }

  /** One that failed has to answer; of a group all who are asked. Busy is neither yes nor no. */
  private async probe(): Promise<void> {
    const ask = (): Promise<boolean> =>
      this.remote.hash(PROBED_HASH, 0n, this.height).then(
        () => true,
        (error: unknown) => {
          if (faultOf(error) === 'busy') return false;
          throw error;
        },
      );
    try {
      const answers = await Promise.all(Array.from({ length: this.isGroup ? GROUP_PROBES : 1 }, ask));
      // Alive, and its light cache will soon be there: no reason to wait longer and longer.
      this.backoff.reset();
      if (answers.includes(true)) this.succeed();
    } catch (error) {
      this.fail(error);
    }
  }

  private onRefusal(error: unknown, sentAt: number): void {
    const now = performance.now();
    const fault = faultOf(error);
    if (fault) this.answeredAt = now;
    // Of a group we cannot tell whether he who is silent has answered others.
    const alive = !this.isGroup && now - this.answeredAt < SIGN_OF_LIFE_MS;
    const slow = fault === 'late' || (error instanceof SilentWorkerError && alive);
    if (fault !== 'busy' && !slow) this.fail(error);
    else if (!this.window.shrink(sentAt, now) && slow) this.fail(error);
  }

  private succeed(): void {
    this.state = 'up';
    this.upSince = performance.now();
    this.options.onChange(undefined);
  }

  private fail(error: unknown): void {
    if (this.closed) return;
    // Its host may be gone without a word: a new connection finds out, and all shares under way go elsewhere at once.
    if (error instanceof SilentWorkerError && !this.isGroup) void this.remote.close();
    if (this.state === 'failing') return;
    if (performance.now() - this.upSince < WORKER_BACKOFF.maxMs) this.backoff.nextMs();
    else this.backoff.reset();
    this.state = 'failing';
    this.schedule();
    this.options.onChange(reasonOf(error));
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    const pauseMs = this.isUp ? WORKER_CHECK_MS : this.backoff.nextMs();
    this.timer = setTimeout(() => void this.check(), pauseMs).unref();
  }
}

const REASON_LENGTH = 200;

/** What Nest's clients reject with: errors (some with a code only), a worker's PowFault, or text. */
function reasonOf(error: unknown): string {
  const { message, code } = Object(error) as { message?: unknown; code?: unknown };
  const text = [error, message, code].find((part): part is string => typeof part === 'string' && part !== '');
  return (text ?? 'unknown error').replaceAll(/[\p{C}\s]+/gu, ' ').slice(0, REASON_LENGTH);
}
