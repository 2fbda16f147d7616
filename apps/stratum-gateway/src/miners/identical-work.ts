/**
 * Finds pairs of rigs that try the same nonces, by the hashes that both of them spent. One may repeat itself over a new
 * connection while the old one still seems open, so a pair is named at the third hash, and then not again for a while.
 */
import { RecentMap } from '#libs/mining';

/** A chance match of two different searches does not happen once in a lifetime; a rig that comes back may cause a few. */
const SUSPICIOUS_HASHES = 3;
const SILENT_MS = 3_600_000;
const KEPT_PAIRS = 1024;

interface Pair {
  hashes: number;
  namedAt: number | undefined;
}

export class IdenticalWork {
  private readonly pairs = new RecentMap<string, Pair>(KEPT_PAIRS);

  /** Both tried the same nonce on the same job. Whether the operator should hear of it now. */
  seen(first: string, second: string, now: number): boolean {
    const key = [first, second].toSorted().join('\n');
    const pair = this.pairs.get(key) ?? { hashes: 0, namedAt: undefined };
    this.pairs.set(key, pair);
    pair.hashes++;
    if (pair.hashes < SUSPICIOUS_HASHES) return false;
    if (pair.namedAt !== undefined && now - pair.namedAt < SILENT_MS) return false;
    pair.namedAt = now;
    return true;
  }
}
