/** The bridge beside a real node, neither with a secret: submits of all forms on jobs that both know, and the jobs. */
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { LineClient } from '#libs/testkit';
import { acceptedSubmits, lateSubmits, refusedSubmits, writtenNonces } from './cases/submit.js';
import { readJob, type JobLine } from './jobs.js';
import { compare, startSides } from './sides.js';
import { leaveWindow, mineNext, playingWith, setUpBench, type Bench } from './workbench.js';

/** In broadcasts: wide enough for the blocks of all submits that are taken, two or three broadcasts each. */
const WINDOW = 40;
const sides = startSides({ difficulty: 500, powWindow: WINDOW }, { POW_ALGORITHM: 'keccak-test' });

describe('a submit that is refused', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await setUpBench(sides, writtenNonces);
  });
  it.each(refusedSubmits)('$name', (entry) => compare(sides, entry, playingWith(bench)));
});

describe('a submit for a job that the node has forgotten', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await setUpBench(sides);
    await leaveWindow(sides, WINDOW);
  });
  it.each(lateSubmits)('$name', (entry) => compare(sides, entry, playingWith(bench)));
});

describe('jobs', () => {
  it('come right after a subscribe, once', async () => {
    await setUpBench(sides);
    const normalize = (line: string): string => (readJob(line) ? '<job>' : line);
    const options = { jobs: true, normalize };
    const subscribe = { send: '{"id":1,"method":"mining.subscribe","params":["w",""]}' };
    const entry = {
      name: 'subscribe',
      conversation: [subscribe, subscribe],
      differs: {
        why: 'The current job comes right after a successful subscribe',
        bridge: ['{"result":true,"id":1}', '<job>', '{"result":true,"id":1}'],
      },
    };
    await compare(sides, entry, { node: options, bridge: options });
  });

  it('are those of the node, each once, and counted', async () => {
    const [ofNode, ofBridge, miner] = await Promise.all([
      subscribed(sides.node.stratumPort),
      subscribed(sides.bridge.stratumPort),
      subscribed(sides.bridge.stratumPort),
    ]);
    let job = await miner.job();
    const first = job;
    for (let block = 0; block < 4; block++) ({ job } = await mineNext(miner, job));
    const [node, bridge, again] = await Promise.all([
      jobsUntil(ofNode, job.hash),
      jobsUntil(ofBridge, job.hash),
      jobsUntil(await subscribed(sides.bridge.stratumPort), job.hash),
    ]);
    const name = ({ hash, height, boundary }: JobLine): string => `${height} ${hash} ${boundary}`;
    const once = [...new Set(node.map(name))];
    // The bridge's connection began with a job that the node had broadcast before.
    const since = bridge.filter(({ hash }) => hash !== first.hash || once[0]?.includes(hash) === true);
    expect(since.map(name)).toEqual(once);
    for (const jobs of [node, bridge]) {
      expect(jobs.map(({ id }) => id)).toEqual(jobs.map((_, index) => jobs[0]!.id + index));
    }
    expect(again).toEqual(bridge.slice(-1));
  });
});

// Last, because it leaves many blocks of one height, and the node takes its time to settle on a branch.
describe('a submit that is taken', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await setUpBench(sides);
  });
  it.each(acceptedSubmits)('$name', (entry) => compare(sides, entry, playingWith(bench)));
});

async function subscribed(port: number): Promise<LineClient> {
  const client = await LineClient.open(port);
  onTestFinished(() => client.close());
  expect(await client.subscribe()).toBe(true);
  return client;
}

/** All jobs up to the one with this hash; every line has to have the form of a job. */
async function jobsUntil(client: LineClient, hash: string): Promise<JobLine[]> {
  const jobs: JobLine[] = [];
  while (jobs.at(-1)?.hash !== hash) {
    const line = await client.take('job', () => true);
    const job = readJob(line);
    expect(job, line).toBeDefined();
    jobs.push(job!);
  }
  return jobs;
}
