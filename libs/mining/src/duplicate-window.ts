/**
 * Remembers shares by the hash they spent, so that one hash is computed and one block is sent once. A repeated share
 * is answered from here, also while the first is still being judged. What is under way is never forgotten; of what was
 * judged, the oldest.
 */
import type { ShareKeys } from './ports.js';
import { RecentMap } from './recent-map.js';
import type { Finding } from './work.js';

/** Up to twice as many are remembered: 48 MB at most. At one share a second they reach back 18 hours. */
export const DEFAULT_KEPT_SHARES = 65_536;

interface Judged {
  readonly exactKey: string;
  readonly finding: Finding;
  /** Whether the hash was accepted once, now or before. */
  readonly counted: boolean;
  /** Whoever spent the hash. Kept as long as the share: no more than a name may hang on it. */
  readonly by: object;
}

/** What a share is found to be, and who had spent its hash before, if anybody. */
export interface Seen {
  readonly finding: Finding;
  readonly before: object | undefined;
}

export class DuplicateWindow {
  /** Bounded by the callers, who wait. */
  private readonly underWay = new Map<string, Promise<Finding>>();
  private readonly judged: RecentMap<string, Judged>;

  constructor(kept = DEFAULT_KEPT_SHARES) {
    this.judged = new RecentMap(kept);
  }

  /**
   * Finding of a share: of the earlier one with the same hash where that settles it, else what `judge` finds, which
   * hears whether the hash has been counted already. An earlier solution makes this one a duplicate. Anything else that
   * was judged settles only its exact copy, because nonce bits outside the hash can still make it a solution. What was
   * not answered is judged again.
   */
  async once(
    { dedupKey, exactKey }: ShareKeys,
    by: object,
    judge: (counted: boolean) => Promise<Finding>,
  ): Promise<Seen> {
    for (let first = this.underWay.get(dedupKey); first; first = this.underWay.get(dedupKey)) await first;
    const seen = this.judged.get(dedupKey);
    const settled = seen && repeatOf(seen, exactKey);
    if (settled) return { finding: settled, before: seen.by };
    const counted = seen?.counted ?? false;
    const judging = judge(counted);
    this.underWay.set(dedupKey, judging);
    try {
      const finding = await judging;
      this.judged.set(dedupKey, {
        exactKey,
        finding,
        counted: counted || finding.verdict.kind === 'accepted',
        by: seen?.by ?? by,
      });
      return { finding, before: seen?.by };
    } finally {
      this.underWay.delete(dedupKey);
    }
  }
}

function repeatOf(earlier: Judged, exactKey: string): Finding | undefined {
  const { verdict, solved } = earlier.finding;
  if (verdict.kind === 'unanswered' || verdict.kind === 'unchecked') return undefined;
  const exact = earlier.exactKey === exactKey;
  const spent = verdict.kind === 'accepted' || verdict.kind === 'duplicate';
  if (spent && (solved || exact)) return { verdict: { kind: 'duplicate' }, solved: false, value: undefined };
  return exact ? earlier.finding : undefined;
}
