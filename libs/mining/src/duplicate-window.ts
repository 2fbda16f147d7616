/**
 * Remembers shares by the hash they spent, so that one hash is computed and one block is sent once. A repeated share
 * is answered from here, also while the first is still being judged. Bounded by count: the oldest are forgotten.
 */
import type { ShareKeys } from './ports.js';
import type { Verdict } from './work.js';

/** 65,536 entries of about 0.3 kB are 20 MB at most; at one share a second they reach back 18 hours. */
export const DEFAULT_KEPT_SHARES = 65_536;

interface Entry {
  readonly exactKey: string;
  readonly verdict: Promise<Verdict>;
}

export class DuplicateWindow {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly capacity = DEFAULT_KEPT_SHARES) {}

  get size(): number {
    return this.entries.size;
  }

  /**
   * Verdict of a share: of the earlier one with the same hash where that settles it, else what `judge` finds.
   * An earlier solution makes this one a duplicate. An earlier invalid share settles only its exact copy, because
   * nonce bits outside the hash can still change the verdict. What was not answered is judged again.
   */
  async once(keys: ShareKeys, judge: () => Promise<Verdict>): Promise<Verdict> {
    for (;;) {
      const seen = this.entries.get(keys.dedupKey);
      if (!seen) break;
      const settled = repeatOf(await seen.verdict, seen.exactKey === keys.exactKey);
      if (settled) return settled;
      if (this.entries.get(keys.dedupKey) === seen) break;
    }
    const verdict = judge();
    this.remember(keys, verdict);
    return verdict;
  }

  private remember(keys: ShareKeys, verdict: Promise<Verdict>): void {
    this.entries.delete(keys.dedupKey);
    this.entries.set(keys.dedupKey, { exactKey: keys.exactKey, verdict });
    if (this.entries.size <= this.capacity) return;
    const [oldest] = this.entries.keys();
    if (oldest !== undefined) this.entries.delete(oldest);
  }
}

function repeatOf(earlier: Verdict, exact: boolean): Verdict | undefined {
  if (earlier.kind === 'accepted' || earlier.kind === 'duplicate') return { kind: 'duplicate' };
  if (earlier.kind === 'unanswered' || earlier.kind === 'unchecked') return undefined;
  return exact ? earlier : undefined;
}
