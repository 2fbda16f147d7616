import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DataSetCancelledError, STAGE_LENGTH, type FullFound, type FullWork } from '#libs/octopus';
import { FullSearch, type FullMinerPart } from './full-search.js';
import type { MinedJob } from './miner.js';

class FakeMiner implements FullMinerPart {
  stage: number | undefined;
  readonly builds: number[] = [];
  work: FullWork | undefined;
  onFound: ((found: FullFound) => void) | undefined;
  end: (error?: Error) => void = () => {};

  async build(stage: number): Promise<void> {
    this.stage = undefined;
    this.builds.push(stage);
    await new Promise<void>((resolve, reject) => {
      this.end = (error) => (error ? reject(error) : resolve());
    });
    this.stage = stage;
  }
  setWork(work: FullWork, onFound: (found: FullFound) => void): void {
    this.work = work;
    this.onFound = onFound;
  }
  pause(): void {
    this.work = undefined;
  }
  threadHashes(): number[] {
    return [1, 2];
  }
  close(): void {
    this.end(new DataSetCancelledError(0));
  }
}

const jobOf = (stage: number, id = '1'): MinedJob => ({
  jobId: id,
  height: stage * STAGE_LENGTH,
  headerHash: `0x${'ab'.repeat(32)}`,
  boundary: 1000n,
});

function searchWith(): {
  miner: FakeMiner;
  search: FullSearch;
  found: [MinedJob, bigint][];
  errors: string[];
} {
  const miner = new FakeMiner();
  const found: [MinedJob, bigint][] = [];
  const errors: string[] = [];
  const logger = { info: () => {}, error: (line: string) => errors.push(line) } as never;
  const search = new FullSearch(miner, logger, (job, nonce) => found.push([job, nonce]));
  return { miner, search, found, errors };
}

describe('FullSearch', () => {
  it('builds for the first job and mines the newest one then', async () => {
    const { miner, search, found } = searchWith();
    search.take(jobOf(2));
    const job = jobOf(2, '2');
    search.take(job);
    expect(miner.builds).toEqual([2]);
    expect(search.mines(job)).toBe(false);
    miner.end();
    await turn();
    expect(search.mines(job)).toBe(true);
    expect(search.mines(jobOf(2, '2'))).toBe(false);
    expect(miner.work?.boundary).toBe(1000n);
    expect(Buffer.from(miner.work!.headerHash).toString('hex')).toBe('ab'.repeat(32));
    miner.onFound?.({ nonce: 77n, hash: new Uint8Array(32) });
    expect(found).toEqual([[job, 77n]]);
    search.take(undefined);
    expect(miner.work).toBeUndefined();
  });

  it('builds the next stage, and not the last one again for an old job', async () => {
    const { miner, search } = searchWith();
    search.take(jobOf(0));
    miner.end();
    await turn();
    const next = jobOf(1);
    search.take(next);
    expect(miner.builds).toEqual([0, 1]);
    expect(search.mines(next)).toBe(false);
    search.take(jobOf(0, '3'));
    miner.end();
    await turn();
    expect(miner.work).toBeUndefined();
    search.take(next);
    expect(search.mines(next)).toBe(true);
    expect(miner.builds).toEqual([0, 1]);
  });

  it('a stage that came while another was built', async () => {
    const { miner, search } = searchWith();
    search.take(jobOf(0));
    search.take(jobOf(1));
    miner.end();
    await turn();
    expect(miner.builds).toEqual([0, 1]);
  });

  it('a failed build is told and not tried again', async () => {
    const { miner, search, errors } = searchWith();
    search.take(jobOf(5));
    miner.end(new Error('no memory'));
    await turn();
    expect(errors).toEqual(['no memory; mining with the light cache']);
    search.take(jobOf(5, '2'));
    expect(miner.builds).toEqual([5]);
  });

  it('closes while building', async () => {
    const { miner, search, errors } = searchWith();
    search.take(jobOf(5));
    await search.close();
    expect(errors).toEqual([]);
    expect(miner.builds).toEqual([5]);
  });
});
