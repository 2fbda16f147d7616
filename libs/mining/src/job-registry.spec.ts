import { describe, expect, it } from 'vitest';
import { JobRegistry, type IssuedTargets } from './job-registry.js';
import type { Work } from './work.js';

const work = (key: string, over: Partial<Work> = {}): Work => ({
  key,
  lineage: 'node/1',
  source: 'node',
  height: 1,
  networkTarget: 100n,
  receivedAt: 0,
  ...over,
});

/** A connection that was given these targets, the last of them for who names no job. */
const given = (...targets: bigint[]): IssuedTargets => ({
  has: (target) => targets.includes(target),
  unnamed: targets.at(-1) ?? 0n,
});
/** As most miners submit: job id and work are one. */
const find = (jobs: JobRegistry<Work>, key: string) => jobs.find(key, key, given())?.job;

describe('JobRegistry', () => {
  it('hands out a work once, however often the source repeats it', () => {
    const jobs = new JobRegistry();
    const first = work('a');
    expect(jobs.add(first)).toBe(true);
    expect(jobs.add(work('a', { receivedAt: 60_000 }))).toBe(false);
    expect(jobs.current).toBe(first);
  });

  it('hands out a known work again when miners are busy with another', () => {
    const jobs = new JobRegistry();
    const first = work('a');
    jobs.add(first);
    jobs.add(work('b'));
    expect(jobs.add(work('a'))).toBe(true);
    expect(jobs.current).toBe(first);
    expect(jobs.add(work('a'))).toBe(false);
  });

  it('makes one job of each work and target, none of them harder than the network', () => {
    const jobs = new JobRegistry();
    const a = work('a');
    jobs.add(a);
    const network = jobs.jobFor(a, 100n);
    expect(network).toEqual({ id: 'a', sequence: 17, work: a, target: 100n });
    expect(jobs.jobFor(a, 7n)).toBe(network);
    const easier = jobs.jobFor(a, 200n);
    expect(easier).toEqual({ id: '18', sequence: 18, work: a, target: 200n });
    expect(jobs.jobFor(a, 200n)).toBe(easier);
    expect(jobs.jobFor(a, 400n).id).toBe('19');
  });

  it('judges a share by the target of the job it names, if that was given to its miner', () => {
    const jobs = new JobRegistry();
    const a = work('a');
    jobs.add(a);
    const [network, easier, easiest] = [100n, 200n, 400n].map((target) => jobs.jobFor(a, target));
    const ids = { network: 'a', easier: '18', easiest: '19' };
    const found = (key: string | undefined, id: string, issued: IssuedTargets) =>
      jobs.find(key, id, issued)?.job;
    expect(found('a', ids.easier, given(200n, 400n))).toBe(easier);
    expect(found(undefined, ids.easier, given(200n, 400n))).toBe(easier);
    // It was never given the other one: naming it is no way to a better credit.
    expect(found('a', ids.easiest, given(200n))).toBe(easier);
    expect(found(undefined, ids.easiest, given(200n))).toBe(easier);
    // Neither the hash nor an unknown id names a target.
    expect(found('a', ids.network, given(200n))).toBe(easier);
    expect(found('a', '858', given(200n))).toBe(easier);
    expect(found('a', '858', given())).toBe(network);
    expect(found(undefined, '858', given(200n))).toBeUndefined();
    // Where only the id is sent, that of the network's job names it.
    expect(found(undefined, ids.network, given(400n))).toBe(network);
    expect(found(undefined, ids.easiest, given(400n))).toBe(easiest);
  });

  it('keeps past works findable', () => {
    const jobs = new JobRegistry();
    const a = work('a');
    jobs.add(a);
    jobs.add(work('b', { lineage: 'node/2' }));
    expect(find(jobs, 'a')?.work).toBe(a);
    expect(find(jobs, 'unknown')).toBeUndefined();
  });

  it('notices a job id that contradicts the work', () => {
    const jobs = new JobRegistry();
    for (const key of ['a', 'b']) {
      const made = work(key);
      jobs.add(made);
      jobs.jobFor(made, 100n);
    }
    expect(jobs.find('a', 'b', given())).toMatchObject({ job: { id: 'a' }, contradicted: true });
    expect(jobs.find('a', 'a', given())).toMatchObject({ job: { id: 'a' }, contradicted: false });
    expect(jobs.find('unknown', 'b', given())).toBeUndefined();
  });

  it('calls a work stale some seconds after another lineage took its place', () => {
    const jobs = new JobRegistry();
    const [a, sibling, b] = [work('a'), work('sibling'), work('b', { lineage: 'node/2', receivedAt: 1000 })];
    jobs.add(a);
    jobs.add(sibling);
    expect(jobs.isStale(a, 1e6)).toBe(false);
    jobs.add(b);
    for (const past of [a, sibling]) {
      expect([jobs.isStale(past, 6000), jobs.isStale(past, 6001)]).toEqual([false, true]);
    }
    expect(jobs.isStale(b, 1e6)).toBe(false);
    jobs.add(sibling);
    expect(jobs.isStale(sibling, 1e6)).toBe(false);
  });

  it('forgets by age, but never the current work', () => {
    const jobs = new JobRegistry({ maxAgeMs: 1000, maxLineages: 9, maxWorks: 9 });
    jobs.add(work('a'));
    const easier = jobs.jobFor(work('a'), 200n);
    const b = work('b', { receivedAt: 1 });
    jobs.add(b);
    expect(jobs.add(work('b', { receivedAt: 5000 }))).toBe(false);
    expect(find(jobs, 'a')).toBeUndefined();
    expect(jobs.find(undefined, easier.id, given())).toBeUndefined();
    expect(find(jobs, 'b')?.work).toBe(b);
    jobs.add(work('c', { receivedAt: 5001 }));
    jobs.add(work('d', { receivedAt: 5002 }));
    expect(find(jobs, 'b')).toBeUndefined();
  });

  it('is bounded by lineages and by works', () => {
    const jobs = new JobRegistry({ maxAgeMs: 1e9, maxLineages: 2, maxWorks: 3 });
    jobs.add(work('a1', { lineage: '1' }));
    jobs.add(work('a2', { lineage: '1' }));
    jobs.add(work('b1', { lineage: '2' }));
    jobs.add(work('c1', { lineage: '3' }));
    expect(['a1', 'a2', 'b1', 'c1'].filter((key) => find(jobs, key))).toEqual(['b1', 'c1']);
    for (const key of ['c2', 'c3', 'c4']) jobs.add(work(key, { lineage: '3' }));
    expect(jobs.size).toBe(3);
    expect(find(jobs, 'c4')?.work).toBe(jobs.current);
  });
});
