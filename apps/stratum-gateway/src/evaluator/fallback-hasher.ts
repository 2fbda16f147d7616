/** Prefers a worker elsewhere; while that fails, hashes here, so that no verdict is lost with a worker. */
import type { PowHasher } from '#libs/contracts';

/** A failed worker is left alone for so long; the first hash after it finds out whether it is back. */
const RETRY_AFTER_MS = 2000;

export class FallbackHasher implements PowHasher {
  private retryAt = 0;
  private failed = false;

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

  private async first<T>(task: (hasher: PowHasher) => Promise<T>): Promise<T> {
    if (Date.now() < this.retryAt) return task(this.local);
    try {
      const result = await task(this.remote);
      if (this.failed) this.onChange(undefined);
      this.failed = false;
      return result;
    } catch (error) {
      this.retryAt = Date.now() + RETRY_AFTER_MS;
      if (!this.failed) this.onChange(error instanceof Error ? error.message : String(error));
      this.failed = true;
      return task(this.local);
    }
  }
}
