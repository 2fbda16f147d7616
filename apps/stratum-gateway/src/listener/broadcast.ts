/**
 * One job to all miners, a slice at a time: between slices the event loop takes what miners send, so that no share waits
 * for ten thousand writes. A newer job replaces the older one, and goes first to those that have not had that yet.
 */
import { JOBS_PER_SLICE } from '../limits.js';

export class Broadcast<Miner> {
  /** Have the newest job; all that are not in the other set. */
  private served = new Set<Miner>();
  /** Will get it, in this order. */
  private waiting = new Set<Miner>();
  private next: NodeJS.Immediate | undefined;

  get size(): number {
    return this.served.size + this.waiting.size;
  }

  /** It gets the jobs that come from now on; the newest one is given to it by whoever calls. */
  add(miner: Miner): void {
    this.served.add(miner);
  }

  has(miner: Miner): boolean {
    return this.served.has(miner) || this.waiting.has(miner);
  }

  *[Symbol.iterator](): IterableIterator<Miner> {
    yield* this.served;
    yield* this.waiting;
  }

  /** The rest of the broadcast is off. */
  stop(): void {
    clearImmediate(this.next);
  }

  delete(miner: Miner): void {
    this.served.delete(miner);
    this.waiting.delete(miner);
  }

  /** The first slice leaves at once; each has JOBS_PER_SLICE miners at most. */
  send(give: (slice: readonly Miner[]) => void): void {
    if (this.waiting.size === 0) [this.waiting, this.served] = [this.served, this.waiting];
    else for (const miner of this.served) this.waiting.add(miner);
    this.served.clear();
    clearImmediate(this.next);
    this.slice(give);
  }

  private slice(give: (slice: readonly Miner[]) => void): void {
    const miners: Miner[] = [];
    for (const miner of this.waiting) {
      if (miners.length === JOBS_PER_SLICE) break;
      this.waiting.delete(miner);
      this.served.add(miner);
      miners.push(miner);
    }
    give(miners);
    if (this.waiting.size > 0) this.next = setImmediate(() => this.slice(give));
  }
}
