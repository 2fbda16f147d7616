import { describe, expect, it, vi } from 'vitest';
import { JobRegistry } from './job-registry.js';
import type { ShareEvaluator } from './ports.js';
import { ShareJudge } from './share-judge.js';
import type { Candidate, Outcome, Share, Work } from './work.js';

interface TestShare extends Share {
  readonly value: bigint;
  readonly high: number;
}

const share = (over: Partial<TestShare> = {}): TestShare => ({
  worker: 'w',
  workKey: 'a',
  jobId: 'a',
  value: 5n,
  high: 0,
  ...over,
});

function setUp(outcome: Outcome = { kind: 'accepted' }) {
  const jobs = new JobRegistry<Work>();
  const add = (key: string): void => {
    const work = { key, lineage: key, source: 'node', height: 1, networkTarget: 10n, receivedAt: 0 };
    jobs.add(work);
    jobs.jobFor(work, 10n);
  };
  add('a');
  const by = { name: 'rig' };
  const evaluate = vi.fn<ShareEvaluator<Work, TestShare>['evaluate']>((_work, s) =>
    Promise.resolve({ value: s.value }),
  );
  const precheck = (work: Work, s: TestShare) => ({
    dedupKey: `${work.key}/${s.value % 1000n}`,
    exactKey: `${work.key}/${s.value}/${s.high}`,
  });
  const deliver = vi.fn<(candidate: Candidate<Work, TestShare>) => Promise<Outcome>>(() =>
    Promise.resolve(outcome),
  );
  const shareJudge = new ShareJudge(jobs, { precheck, evaluate }, deliver);
  const whole = (s: TestShare, unnamedTarget = 10n, now = 0) =>
    shareJudge.judge(s, { by, issued: { has: () => false, unnamed: unnamedTarget }, now });
  const judge = { judge: async (s: TestShare) => (await whole(s)).verdict };
  return { judge, whole, by, evaluate, deliver, add };
}

describe('ShareJudge', () => {
  it('delivers a share that meets the network target and hands on the answer', async () => {
    const { judge, deliver } = setUp();
    expect(await judge.judge(share())).toEqual({ kind: 'accepted' });
    expect(deliver).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ value: 5n, share: share() }));
  });

  it.each<[Outcome, string]>([
    [{ kind: 'duplicate' }, 'duplicate'],
    [{ kind: 'sidechain' }, 'accepted'],
    [{ kind: 'rejected', reason: 'stale' }, 'stale'],
    [{ kind: 'rejected', reason: 'invalid' }, 'invalid'],
    [{ kind: 'unknown', reason: 'link down' }, 'unanswered'],
  ])('turns the outcome %o into the verdict %s', async (outcome, verdict) => {
    expect((await setUp(outcome).judge.judge(share())).kind).toBe(verdict);
  });

  it('delivers solutions of past jobs too', async () => {
    const { judge, deliver, add } = setUp();
    add('b');
    expect(await judge.judge(share())).toEqual({ kind: 'accepted' });
    expect(deliver).toHaveBeenCalledOnce();
  });

  it('never delivers what was not verified', async () => {
    const { judge, deliver, evaluate } = setUp();
    expect(await judge.judge(share({ value: 10n }))).toEqual({ kind: 'invalid' });
    expect(await judge.judge(share({ workKey: 'x' }))).toEqual({ kind: 'stale' });
    evaluate.mockRejectedValueOnce(new Error('worker gone'));
    expect(await judge.judge(share())).toEqual({ kind: 'unchecked' });
    expect(deliver).not.toHaveBeenCalled();
  });

  it('spends one hash and sends one block for the same share, also when both come at once', async () => {
    const { judge, deliver, evaluate } = setUp();
    const verdicts = await Promise.all([judge.judge(share()), judge.judge(share({ worker: 'other' }))]);
    expect(verdicts.map(({ kind }) => kind)).toEqual(['accepted', 'duplicate']);
    expect(await judge.judge(share({ high: 1 }))).toEqual({ kind: 'duplicate' });
    expect(evaluate).toHaveBeenCalledOnce();
    expect(deliver).toHaveBeenCalledOnce();
  });

  it('answers a repeated invalid share from memory, but judges one that differs outside the hash', async () => {
    const { judge, evaluate } = setUp();
    expect(await judge.judge(share({ value: 1005n }))).toEqual({ kind: 'invalid' });
    expect(await judge.judge(share({ value: 1005n }))).toEqual({ kind: 'invalid' });
    expect(evaluate).toHaveBeenCalledOnce();
    expect(await judge.judge(share({ value: 5n }))).toEqual({ kind: 'accepted' });
  });

  it('judges again what was not answered', async () => {
    const { judge, deliver } = setUp();
    deliver.mockResolvedValueOnce({ kind: 'unknown', reason: 'link down' });
    expect((await judge.judge(share())).kind).toBe('unanswered');
    expect((await judge.judge(share())).kind).toBe('accepted');
  });

  it('judges by the share target, and delivers only what meets the network target', async () => {
    const { whole, deliver } = setUp();
    expect(await whole(share({ value: 19n }), 20n)).toMatchObject({
      verdict: { kind: 'accepted' },
      solved: false,
      value: 19n,
      job: { target: 20n },
    });
    expect((await whole(share({ value: 20n }), 20n)).verdict.kind).toBe('invalid');
    expect(deliver).not.toHaveBeenCalled();
    expect(await whole(share({ value: 9n }), 20n)).toMatchObject({ solved: true, value: 9n });
    expect(deliver).toHaveBeenCalledOnce();
  });

  it('counts a hash once, but still delivers a solution that differs outside the hash', async () => {
    const { whole, by, deliver } = setUp();
    // Values that agree modulo 1000 spend the same hash here.
    await whole(share({ value: 1005n, high: 1 }), 2000n);
    expect(await whole(share({ value: 1005n, high: 2 }), 2000n)).toMatchObject({
      verdict: { kind: 'duplicate' },
      before: by,
    });
    expect(await whole(share({ value: 5n }), 2000n)).toMatchObject({
      verdict: { kind: 'accepted' },
      solved: true,
    });
    expect(deliver).toHaveBeenCalledOnce();
  });

  it('calls a late share stale, but delivers a late solution', async () => {
    const { whole, add, deliver } = setUp();
    add('b');
    expect((await whole(share({ value: 11n }), 20n, 5000)).verdict.kind).toBe('accepted');
    expect((await whole(share({ value: 12n }), 20n, 5001)).verdict.kind).toBe('stale');
    expect((await whole(share({ value: 25n }), 20n, 5001)).verdict.kind).toBe('invalid');
    expect((await whole(share({ value: 9n }), 20n, 5001)).verdict.kind).toBe('accepted');
    expect(deliver).toHaveBeenCalledOnce();
  });

  it('delivers a solution whatever else is wrong with its share', async () => {
    const { whole, add, deliver } = setUp();
    add('b');
    // Names the job of another work; found under another extranonce.
    for (const over of [{ jobId: 'b' }, { suspect: true }]) {
      deliver.mockClear();
      const solution = share({ ...over, value: BigInt(Object.keys(over)[0] === 'jobId' ? 5 : 6) });
      expect(await whole(solution)).toMatchObject({ verdict: { kind: 'accepted' }, solved: true });
      expect(deliver).toHaveBeenCalledOnce();
    }
    expect((await whole(share({ jobId: 'b', value: 15n }), 20n)).verdict.kind).toBe('stale');
    expect((await whole(share({ suspect: true, value: 16n }), 20n)).verdict.kind).toBe('malformed');
  });

  it('counts a hash once, however often its other bits change', async () => {
    const { whole } = setUp();
    const verdicts: string[] = [];
    for (const high of [1, 2, 1, 2, 3]) {
      verdicts.push((await whole(share({ value: 1005n, high }), 2000n)).verdict.kind);
    }
    expect(verdicts).toEqual(['accepted', 'duplicate', 'duplicate', 'duplicate', 'duplicate']);
  });
});
