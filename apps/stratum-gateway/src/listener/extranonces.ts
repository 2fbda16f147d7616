/**
 * The nonce prefixes of one listener: each open connection has one of its own. What is returned is given out again as
 * late as possible, so that a rig that comes back does not repeat the work of the one that left.
 */
import { Queue } from './queue.js';

export class Extranonces {
  /** In the order of their return. */
  private readonly returned = new Queue<number>();
  private fresh: number;

  /** `bytes` is the width of a prefix. With 0 there are none, and every connection gets 0. */
  constructor(private readonly bytes: number) {
    this.fresh = bytes === 0 ? 0 : 256 ** bytes;
  }

  /** Undefined when all are in use. */
  lease(): number | undefined {
    if (this.bytes === 0) return 0;
    if (this.fresh > 0) return --this.fresh;
    const longest = this.returned.oldest;
    if (longest !== undefined) this.returned.delete(longest);
    return longest;
  }

  giveBack(prefix: number): void {
    if (this.bytes > 0) this.returned.add(prefix);
  }
}
