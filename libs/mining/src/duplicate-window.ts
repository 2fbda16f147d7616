/**
 * Remembers shares by the hash they spent, so that one hash is computed and one block is sent once. A repeated share
 * is answered from here, also while the first is still being judged. What is under way is never forgotten; of what was
 * judged, the oldest.
 */
import type { ShareKeys } from './ports.js';
import { RecentMap } from './recent-map.js';
import type { Verdict } from './work.js';

/** Up to twice as many are remembered: 45 MB at most. At one share a second they reach back 18 hours. */
export const DEFAULT_KEPT_SHARES = 65_536;

interface Judged {
  readonly exactKey: string;
  readonly verdict: Verdict;
}

export class DuplicateWindow {
  /** Bounded by the callers, who wait. */
  private readonly underWay = new Map<string, Promise<Verdict>>();
  private readonly judged: RecentMap<string, Judged>;

  constructor(kept = DEFAULT_KEPT_SHARES) {
    this.judged = new RecentMap(kept);
  }

  /**
   * Verdict of a share: of the earlier one with the same hash where that settles it, else what `judge` finds.
   * An earlier solution makes this one a duplicate. An earlier invalid share settles only its exact copy, because
   * nonce bits outside the hash can still change the verdict. What was not answered is judged again.
   */
  async once({ dedupKey, exactKey }: ShareKeys, judge: () => Promise<Verdict>): Promise<Verdict> {
    for (let first = this.underWay.get(dedupKey); first; first = this.underWay.get(dedupKey)) await first;
    const seen = this.judged.get(dedupKey);
    const settled = seen && repeatOf(seen.verdict, seen.exactKey === exactKey);
    if (settled) return settled;
    const judging = judge();
    this.underWay.set(dedupKey, judging);
    try {
      const verdict = await judging;
      this.judged.set(dedupKey, { exactKey, verdict });
      return verdict;
    } finally {
      this.underWay.delete(dedupKey);
    }
  }
}

function repeatOf(earlier: Verdict, exact: boolean): Verdict | undefined {
  if (earlier.kind === 'accepted' || earlier.kind === 'duplicate') return { kind: 'duplicate' };
  if (earlier.kind === 'unanswered' || earlier.kind === 'unchecked') return undefined;
  return exact ? earlier : undefined;
}
