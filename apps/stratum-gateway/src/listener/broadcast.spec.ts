import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { JOBS_PER_SLICE } from '../limits.js';
import { Broadcast } from './broadcast.js';

const A = Buffer.from('job a');
const B = Buffer.from('job b');

class Miner {
  readonly jobs: Buffer[] = [];
  /** What it does when it gets a job. */
  then: () => void = () => undefined;

  sendJob(line: Buffer): void {
    this.jobs.push(line);
    this.then();
  }
}

const giving =
  (line: Buffer) =>
  (slice: readonly Miner[]): void => {
    for (const miner of slice) miner.sendJob(line);
  };
const COUNT = JOBS_PER_SLICE * 3 + 1;
let broadcast: Broadcast<Miner>;
let miners: Miner[];

const have = (line: Buffer): number => miners.filter(({ jobs }) => jobs.includes(line)).length;

async function settled(): Promise<void> {
  for (let slice = 0; slice < 8; slice++) await turn();
}

describe('Broadcast', () => {
  beforeEach(() => {
    broadcast = new Broadcast<Miner>();
    miners = Array.from({ length: COUNT }, () => new Miner());
    for (const miner of miners) broadcast.add(miner);
  });

  it('gives a job to everybody once, a slice at a time, the first slice at once', async () => {
    broadcast.send(giving(A));
    expect(have(A)).toBe(JOBS_PER_SLICE);
    await turn();
    expect(have(A)).toBe(JOBS_PER_SLICE * 2);
    await settled();
    expect(miners.every(({ jobs }) => jobs.length === 1 && jobs[0] === A)).toBe(true);
  });

  it('goes on with a newer job where the older one stopped, and skips the older one', async () => {
    broadcast.send(giving(A));
    broadcast.send(giving(B));
    expect(miners.slice(JOBS_PER_SLICE, JOBS_PER_SLICE * 2).map(({ jobs }) => jobs)).toEqual(
      Array.from({ length: JOBS_PER_SLICE }, () => [B]),
    );
    await settled();
    expect(have(A)).toBe(JOBS_PER_SLICE);
    expect(
      miners.every(({ jobs }) => jobs.at(-1) === B && jobs.filter((job) => job === B).length === 1),
    ).toBe(true);
  });

  it('lets nobody wait for ever, however fast jobs come', async () => {
    for (let job = 0; job < 8; job++) broadcast.send(giving(Buffer.from(`job ${job}`)));
    expect(miners.every(({ jobs }) => jobs.length > 0)).toBe(true);
    await settled();
    expect(miners.every(({ jobs }) => String(jobs.at(-1)) === 'job 7')).toBe(true);
  });

  it('leaves out who is gone, and who came after the job', async () => {
    const late = new Miner();
    const gone = miners.at(-1)!;
    broadcast.send(giving(A));
    broadcast.delete(gone);
    broadcast.add(late);
    await settled();
    expect([gone.jobs, late.jobs]).toEqual([[], []]);
    expect(have(A)).toBe(COUNT - 1);
    expect(broadcast.size).toBe(COUNT);
    broadcast.send(giving(B));
    await settled();
    expect([gone.jobs, late.jobs]).toEqual([[], [B]]);
  });

  it('bears miners that go while one gets its job', async () => {
    const [first, last] = [miners[0]!, miners.at(-1)!];
    first.then = () => {
      broadcast.delete(first);
      broadcast.delete(last);
    };
    broadcast.send(giving(A));
    await settled();
    expect(last.jobs).toEqual([]);
    expect(have(A)).toBe(COUNT - 1);
    expect(broadcast.size).toBe(COUNT - 2);
  });

  it('sends nothing to nobody', () => {
    const empty = new Broadcast<Miner>();
    empty.send(giving(A));
    expect(empty.size).toBe(0);
  });
});
