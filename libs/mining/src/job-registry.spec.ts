import { describe, expect, it } from 'vitest';
import { JobRegistry } from './job-registry.js';
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

/** As most miners submit: job id and work are one. */
const find = (jobs: JobRegistry<Work>, key: string) => jobs.find(key, key, 100n);

describe('JobRegistry', () => {
  it('hands out a work once, however often the source repeats it', () => {
    const jobs = new JobRegistry();
    const first = work('a');
    expect(jobs.add(first)).toBe(true);
    expect(jobs.add(work('a', { receivedAt: 60_000 }))).toBe(false);
    expect(jobs.add(work('b'))).toBe(true);
    expect(jobs.add(work('a'))).toBe(false);
    expect(jobs.current).toBe(first);
  });

  it('hands out a known work again when miners were sent to another source meanwhile', () => {
    const jobs = new JobRegistry();
    jobs.add(work('a'));
    jobs.add(work('b', { source: 'other' }));
    expect(jobs.add(work('a'))).toBe(true);
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

  it('judges a share by the target of the job it names', () => {
    const jobs = new JobRegistry();
    const a = work('a');
    jobs.add(a);
    const [network, easier] = [jobs.jobFor(a, 100n), jobs.jobFor(a, 200n)];
    expect(jobs.find('a', '18', 400n)).toBe(easier);
    expect(jobs.find(undefined, '18', 400n)).toBe(easier);
    // Neither the hash nor an unknown id names a target.
    expect(jobs.find('a', 'a', 400n)?.target).toBe(400n);
    expect(jobs.find('a', '858', 200n)).toBe(easier);
    expect(jobs.find('a', '858', 100n)).toBe(network);
    expect(jobs.find(undefined, '858', 100n)).toBeUndefined();
    expect(jobs.find(undefined, 'a', 400n)).toBe(network);
  });

  it('keeps past works findable', () => {
    const jobs = new JobRegistry();
    const a = work('a');
    jobs.add(a);
    jobs.add(work('b', { lineage: 'node/2' }));
    expect(find(jobs, 'a')?.work).toBe(a);
    expect(find(jobs, 'unknown')).toBeUndefined();
  });

  it('refuses a job id that contradicts the work', () => {
    const jobs = new JobRegistry();
    for (const key of ['a', 'b']) {
      const made = work(key);
      jobs.add(made);
      jobs.jobFor(made, 100n);
    }
    expect(jobs.find('a', 'b', 100n)).toBeUndefined();
    expect(jobs.find('unknown', 'b', 100n)).toBeUndefined();
  });

  it('calls a work stale some seconds after another lineage took its place', () => {
    const jobs = new JobRegistry();
    const [a, sibling, b] = [work('a'), work('sibling'), work('b', { lineage: 'node/2', receivedAt: 1000 })];
    jobs.add(a);
    jobs.add(sibling);
    expect(jobs.isStale(a, 1e6)).toBe(false);
    jobs.add(b);
    expect([jobs.isStale(sibling, 6000), jobs.isStale(sibling, 6001)]).toEqual([false, true]);
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
    expect(jobs.find(undefined, easier.id, 100n)).toBeUndefined();
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
