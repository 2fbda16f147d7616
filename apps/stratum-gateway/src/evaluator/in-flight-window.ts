/**
 * How many requests a worker may have in flight: halved when it is slow or busy, grown by its answers, so that a slow
 * one is not swamped and a fast one is not kept waiting.
 */
export class InFlightWindow {
  inFlight = 0;
  private allowed: number;
  private shrunkAt = 0;

  constructor(private readonly max: number) {
    this.allowed = max;
  }

  get size(): number {
    return Math.floor(this.allowed);
  }

  get isFull(): boolean {
    return this.inFlight >= this.size;
  }

  /** By one for each round of answers. */
  grow(): void {
    this.allowed = Math.min(this.max, this.allowed + 1 / this.allowed);
  }

  /** Once for all requests that were in flight together. False when one at a time was too much already. */
  shrink(sentAt: number, now: number): boolean {
    if (sentAt < this.shrunkAt) return true;
    if (this.size === 1) return false;
    this.shrunkAt = now;
    this.allowed = Math.max(1, this.allowed / 2);
    return true;
  }
}
