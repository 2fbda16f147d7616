import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShareTally } from './share-tally.js';
import type { Verdict } from './work.js';

const KINDS = [
  'accepted',
  'stale',
  'duplicate',
  'invalid',
  'malformed',
  'unauthorized',
  'unanswered',
  'unchecked',
] as const satisfies Verdict['kind'][];
const share = { difficulty: 25, networkDifficulty: 100, best: 30, solved: false };
const block = { ...share, best: 400, solved: true };

describe('ShareTally', () => {
  it('starts with nothing', () => {
    const tally = new ShareTally();
    expect(Object.values(tally.counts)).toEqual(KINDS.map(() => 0));
    expect(tally).toMatchObject({ blocks: 0, best: 0, effort: 0, lastShareAt: undefined });
  });

  it('counts each verdict, and knows when the last share came', () => {
    const tally = new ShareTally();
    KINDS.forEach((kind, i) => {
      for (let n = 0; n <= i; n++) tally.count({ kind }, 1000 * i);
      expect(tally.lastShareAt).toBe(1000 * i);
    });
    expect(KINDS.map((kind) => tally.counts[kind])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('keeps the best share and adds up effort, each share at its own difficulty', () => {
    const tally = new ShareTally();
    for (const best of [30, 99, 26]) tally.count({ kind: 'accepted' }, 1, { ...share, best });
    tally.count({ kind: 'accepted' }, 2, { ...share, difficulty: 50, networkDifficulty: 200 });
    expect(tally).toMatchObject({ best: 99, effort: 1, blocks: 0 });
  });

  it('begins effort anew with a block that was taken', () => {
    const tally = new ShareTally();
    tally.count({ kind: 'accepted' }, 1, share);
    tally.count({ kind: 'accepted' }, 2, block);
    expect(tally).toMatchObject({ best: 400, effort: 0, blocks: 1 });
    tally.count({ kind: 'accepted' }, 3, share);
    expect(tally).toMatchObject({ best: 400, effort: 0.25, blocks: 1 });
  });

  it.each(KINDS.slice(1))('takes neither work nor a block from the verdict %s', (kind) => {
    const tally = new ShareTally();
    tally.count({ kind: 'accepted' }, 1, share);
    tally.count({ kind }, 2, block);
    expect(tally).toMatchObject({ best: 30, effort: 0.25, blocks: 0, lastShareAt: 2 });
  });

  it('counts every share exactly once', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...KINDS)), (kinds) => {
        const tally = new ShareTally();
        for (const kind of kinds) tally.count({ kind }, 0, block);
        expect(Object.values(tally.counts).reduce((sum, count) => sum + count, 0)).toBe(kinds.length);
        expect(tally.blocks).toBe(tally.counts.accepted);
      }),
    );
  });
});
