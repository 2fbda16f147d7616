import { expect, it } from 'vitest';
import { DuplicateWindow } from './duplicate-window.js';
import type { Finding, Verdict } from './work.js';

/** A window, and the keys of the shares that were judged; a share's verdict is 'accepted' unless a promise is given. */
function setUp(kept: number) {
  const window = new DuplicateWindow(kept);
  const judged: string[] = [];
  const once = async (key: string, verdict?: Promise<Verdict>, exactKey = key): Promise<string> => {
    const { finding } = await window.once({ dedupKey: key, exactKey }, {}, async () => {
      judged.push(exactKey);
      return solution(await (verdict ?? Promise.resolve({ kind: 'accepted' })));
    });
    return finding.verdict.kind;
  };
  return { window, once, judged };
}

const solution = (verdict: Verdict): Finding => ({ verdict, solved: true, value: 1n });

/** A verdict that comes when it is told to. */
function later() {
  let settle: (verdict: Verdict) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const verdict = new Promise<Verdict>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  return { verdict, settle, fail };
}

it('remembers as many shares as it keeps, and forgets older ones', async () => {
  const { once, judged } = setUp(2);
  for (const key of ['a', 'b', 'c', 'c', 'b', 'd', 'e', 'a']) await once(key);
  expect(judged).toEqual(['a', 'b', 'c', 'd', 'e', 'a']);
});

it('forgets no share that is under way, however many come meanwhile', async () => {
  const { once, judged } = setUp(1);
  const { verdict, settle } = later();
  const first = once('a', verdict);
  for (const key of ['b', 'c', 'd', 'e']) await once(key);
  const second = once('a');
  settle({ kind: 'accepted' });
  expect(await Promise.all([first, second])).toEqual(['accepted', 'duplicate']);
  expect(judged).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('judges one at a time of shares with the same hash that were not answered', async () => {
  const { once, judged } = setUp(2);
  const [first, second] = [later(), later()];
  const all = [once('a', first.verdict, '1'), once('a', second.verdict, '2'), once('a', undefined, '3')];
  first.settle({ kind: 'unanswered' });
  expect(await all[0]).toBe('unanswered');
  expect(judged).toEqual(['1', '2']);
  second.settle({ kind: 'accepted' });
  expect(await Promise.all(all)).toEqual(['unanswered', 'accepted', 'duplicate']);
  expect(judged).toEqual(['1', '2']);
});

it('judges again what failed to be judged', async () => {
  const { once } = setUp(2);
  const { verdict, fail } = later();
  const failed = expect(once('a', verdict)).rejects.toThrow('bug');
  fail(new Error('bug'));
  await failed;
  expect(await once('a')).toBe('accepted');
});

it('says who had spent a hash, and that it was counted', async () => {
  const { window } = setUp(2);
  const [first, second] = [{ name: 'first' }, { name: 'second' }];
  const share: Finding = { verdict: { kind: 'accepted' }, solved: false, value: 1n };
  const told: boolean[] = [];
  const once = (by: object, exactKey: string, finding: Finding) =>
    window.once({ dedupKey: 'a', exactKey }, by, (counted) => {
      told.push(counted);
      return Promise.resolve(finding);
    });
  expect(await once(first, '1', share)).toEqual({ finding: share, before: undefined });
  expect(await once(second, '1', share)).toMatchObject({
    finding: { verdict: { kind: 'duplicate' } },
    before: first,
  });
  // Other bits outside the hash may make it a solution: it is looked at, and not counted a second time.
  expect(await once(second, '2', solution({ kind: 'accepted' }))).toMatchObject({ before: first });
  expect(told).toEqual([false, true]);
});
