/**
 * Hashes in several workers and, when none of them has an answer in time, in this process: no verdict is lost with a
 * worker, and none is late. The rules are in docs/adr/0012-workers-share-the-load.md.
 */
import type { PowHasher } from '#libs/contracts';
import { MIN_REMOTE_WAIT_MS, REMOTE_BUDGET_MS, REMOTE_HASH_TIMEOUT_MS } from '../limits.js';
import type { PoolWorker } from './pool-worker.js';

/** A group may give the second request to another member; a single worker has had its chance. */
const GROUP_TRIES = 2;

export class WorkerPool implements PowHasher {
  private byTurn: readonly PoolWorker[];

  constructor(
    private readonly workers: readonly PoolWorker[],
    private readonly local: PowHasher,
  ) {
    this.byTurn = workers;
  }

  get size(): number {
    return this.workers.length;
  }

  /** Workers that answer. */
  get up(): number {
    return this.workers.filter(({ isUp }) => isUp).length;
  }

  /** Rejects as the local engine does. */
  async hash(headerHash: Uint8Array, nonce: bigint, height: number, caller?: object): Promise<Uint8Array> {
    const hash = await this.elsewhere(headerHash, nonce, height, caller);
    return hash ?? this.local.hash(headerHash, nonce, height, caller);
  }

  /** Resolves when this process is prepared: a share whose worker dies must not wait for a light cache. */
  async prepare(height: number): Promise<void> {
    for (const worker of this.workers) worker.watch(height);
    await this.local.prepare(height);
  }

  async close(): Promise<void> {
    await Promise.all([...this.workers.map((worker) => worker.close()), this.local.close()]);
  }

  /** What the workers' windows cannot take is not for them to wait for: this process has an engine, too. */
  private async elsewhere(
    headerHash: Uint8Array,
    nonce: bigint,
    height: number,
    caller: object | undefined,
  ): Promise<Uint8Array | undefined> {
    const until = performance.now() + REMOTE_BUDGET_MS;
    const tries = new Map<PoolWorker, number>();
    for (;;) {
      const leftMs = until - performance.now();
      const worker = leftMs < MIN_REMOTE_WAIT_MS ? undefined : this.choose(tries);
      if (!worker) return undefined;
      tries.set(worker, (tries.get(worker) ?? 0) + 1);
      const waitMs = Math.min(leftMs, REMOTE_HASH_TIMEOUT_MS);
      const hash = await worker.hash(headerHash, nonce, height, caller, waitMs);
      if (hash) return hash;
    }
  }

  /** The worker with the fewest hashes in flight; among equals the one that was chosen longest ago. */
  private choose(tries: ReadonlyMap<PoolWorker, number>): PoolWorker | undefined {
    const chosen = this.byTurn
      .filter((worker) => mayBeAsked(worker, tries.get(worker)))
      .reduce<PoolWorker | undefined>(
        (best, worker) => (best && best.window.inFlight <= worker.window.inFlight ? best : worker),
        undefined,
      );
    if (chosen) this.byTurn = [...this.byTurn.filter((worker) => worker !== chosen), chosen];
    return chosen;
  }
}

function mayBeAsked({ isUp, isGroup, window }: PoolWorker, tries: number | undefined): boolean {
  if (window.isFull) return false;
  return tries === undefined ? isUp : isGroup && tries < GROUP_TRIES;
}
