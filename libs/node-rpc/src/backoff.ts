/** Waiting times between tries: doubling, capped, with jitter so that a farm does not return in step. */

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** A node's restart takes seconds to half an hour: the first tries are quick, the later ones cost nothing. */
export const DEFAULT_BACKOFF: BackoffOptions = { firstMs: 250, maxMs: 15_000 };

export class Backoff {
  private tries = 0;

  constructor(private readonly options: BackoffOptions = DEFAULT_BACKOFF) {}

  /** Half to all of `firstMs · 2^tries`, at most `maxMs`. */
  nextMs(): number {
    const { firstMs, maxMs } = this.options;
    const full = Math.min(maxMs, firstMs * 2 ** this.tries);
    if (full < maxMs) this.tries++;
    return full * (0.5 + Math.random() / 2);
  }

  reset(): void {
    this.tries = 0;
  }
}
