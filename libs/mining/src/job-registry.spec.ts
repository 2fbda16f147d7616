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

describe('JobRegistry', () => {
  it('hands out a work once, however often the source repeats it', () => {
    const jobs = new JobRegistry();
    const first = jobs.add(work('a'));
    expect(first).toMatchObject({ id: 'a', sequence: 17, target: 100n });
    expect(jobs.add(work('a', { receivedAt: 60_000 }))).toBeUndefined();
    expect(jobs.add(work('b'))?.sequence).toBe(18);
    expect(jobs.add(work('a'))).toBeUndefined();
    expect(jobs.current).toBe(first);
  });

  it('hands out a known work again when miners were sent to another source meanwhile', () => {
    const jobs = new JobRegistry();
    const first = jobs.add(work('a'));
    jobs.add(work('b', { source: 'other' }));
    expect(jobs.add(work('a'))).toBe(first);
    expect(jobs.add(work('a'))).toBeUndefined();
  });

  it('keeps past jobs findable', () => {
    const jobs = new JobRegistry();
    const first = jobs.add(work('a'));
    jobs.add(work('b', { lineage: 'node/2' }));
    expect(jobs.find('a', 'a')).toBe(first);
    expect(jobs.find('unknown', 'a')).toBeUndefined();
  });

  it('refuses a job id that contradicts the work, and ignores an unknown one', () => {
    const jobs = new JobRegistry();
    const first = jobs.add(work('a'));
    jobs.add(work('b'));
    expect(jobs.find('a', 'b')).toBeUndefined();
    expect(jobs.find('a', '858')).toBe(first);
  });

  it('forgets by age, but never the current job', () => {
    const jobs = new JobRegistry({ maxAgeMs: 1000, maxLineages: 9, maxJobs: 9 });
    jobs.add(work('a'));
    jobs.add(work('b', { receivedAt: 1 }));
    expect(jobs.add(work('b', { receivedAt: 5000 }))).toBeUndefined();
    expect(jobs.find('a', 'a')).toBeUndefined();
    expect(jobs.find('b', 'b')).toBe(jobs.current);
    jobs.add(work('c', { receivedAt: 5001 }));
    jobs.add(work('d', { receivedAt: 5002 }));
    expect(jobs.find('b', 'b')).toBeUndefined();
  });

  it('is bounded by lineages and by jobs', () => {
    const jobs = new JobRegistry({ maxAgeMs: 1e9, maxLineages: 2, maxJobs: 3 });
    jobs.add(work('a1', { lineage: '1' }));
    jobs.add(work('a2', { lineage: '1' }));
    jobs.add(work('b1', { lineage: '2' }));
    jobs.add(work('c1', { lineage: '3' }));
    expect(['a1', 'a2', 'b1', 'c1'].filter((key) => jobs.find(key, key))).toEqual(['b1', 'c1']);
    for (const key of ['c2', 'c3', 'c4']) jobs.add(work(key, { lineage: '3' }));
    expect(jobs.size).toBe(3);
    expect(jobs.find('c4', 'c4')).toBe(jobs.current);
  });
});
