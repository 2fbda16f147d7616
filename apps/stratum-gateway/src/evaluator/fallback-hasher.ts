/**
 * Prefers a worker elsewhere; while that fails, hashes here, so that no verdict is lost with a worker. A failed worker
 * is probed by one hash at a time whose answer nobody waits for, so a worker that hangs delays each share once at most.
 */
import type { PowHasher } from '#libs/contracts';

/** Pause between two probes of a failed worker. */
const PROBE_AFTER_MS = 2000;

type Task<T> = (hasher: PowHasher) => Promise<T>;

export class FallbackHasher implements PowHasher {
  private failed = false;
  private probing = false;
  private probeAt = 0;

  /** `onChange` hears of the worker's failure (with the reason) and of its return (without). */
  constructor(
    private readonly remote: PowHasher,
    private readonly local: PowHasher,
    private readonly onChange: (failure: string | undefined) => void,
  ) {}

  get isFailing(): boolean {
    return this.failed;
  }

  hash(headerHash: Uint8Array, nonce: bigint, height: number): Promise<Uint8Array> {
    return this.first((hasher) => hasher.hash(headerHash, nonce, height));
  }

  prepare(height: number): Promise<void> {
    return this.first((hasher) => hasher.prepare(height));
  }

  async close(): Promise<void> {
    await Promise.all([this.remote.close(), this.local.close()]);
  }

  private async first<T>(task: Task<T>): Promise<T> {
    if (this.failed) {
      void this.probe(task);
      return task(this.local);
    }
    try {
      return await task(this.remote);
    } catch (error) {
      this.fail(error);
      return task(this.local);
    }
  }

  private async probe(task: Task<unknown>): Promise<void> {
    if (this.probing || Date.now() < this.probeAt) return;
    this.probing = true;
    try {
      await task(this.remote);
      this.failed = false;
      this.onChange(undefined);
    } catch (error) {
      this.fail(error);
    } finally {
      this.probing = false;
    }
  }

  private fail(error: unknown): void {
    this.probeAt = Date.now() + PROBE_AFTER_MS;
    if (!this.failed) this.onChange(error instanceof Error ? error.message : String(error));
    this.failed = true;
  }
}
