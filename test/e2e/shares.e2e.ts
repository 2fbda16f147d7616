/** Share targets over real sockets: boundaries of connections, jobs told apart by id, statistics, extranonces. */
import { expect, it, onTestFinished } from 'vitest';
import { difficultyOfTarget, targetOfDifficulty } from '#libs/mining';
import { keccakTestHash } from '#libs/octopus';
import { FakeNode, LineClient, type Notify } from '#libs/testkit';
import type { Gateway } from '../../apps/stratum-gateway/src/gateway.js';
import { events, gatewayFor, PASSWORD, SECRET } from './world.js';

const NETWORK = 4096n;
const hashOf = (index: number): string => `0x${index.toString(16).padStart(64, '0')}`;

async function world(env: NodeJS.ProcessEnv = {}) {
  const node = await FakeNode.start();
  onTestFinished(() => node.stop());
  const gateway = await gatewayFor({
    UPSTREAMS: `stratum://127.0.0.1:${node.port}`,
    POW_ALGORITHM: 'keccak-test',
    SHARE_MIN_DIFFICULTY: '16',
    SHARE_START_DIFFICULTY: '16',
    ...env,
  });
  await node.taken('mining.subscribe');
  const boundary = `0x${targetOfDifficulty(NETWORK).toString(16)}`;
  const notify = (index: number): void =>
    node.notify([hashOf(index), String(index), hashOf(index), boundary]);
  const jobs = events(gateway, 'job');
  notify(1);
  await jobs;
  return { node, gateway, notify };
}

async function open(port: number | undefined): Promise<LineClient> {
  const client = await LineClient.open(port ?? expect.unreachable('no such port'));
  onTestFinished(() => client.close());
  return client;
}

async function miner(gateway: Gateway, worker = 'rig'): Promise<{ client: LineClient; job: Notify }> {
  const client = await open(gateway.stratumPort);
  expect(await client.subscribe(worker)).toBe(true);
  return { client, job: await client.job() };
}

const valueOf = (hash: string, nonce: bigint): bigint =>
  BigInt(`0x${Buffer.from(keccakTestHash(Buffer.from(hash.slice(2), 'hex'), nonce)).toString('hex')}`);

/** The next nonce whose hash has a difficulty from `from` to below `to`. */
function nonceOf(hash: string, from: bigint, to: bigint, start: bigint): bigint {
  for (let nonce = start; ; nonce++) {
    const difficulty = difficultyOfTarget(valueOf(hash, nonce) + 1n);
    if (difficulty >= from && difficulty < to) return nonce;
  }
}

it('gives a connection a boundary of its own, and the node only what is a block', async () => {
  const { node, gateway } = await world();
  const { client, job } = await miner(gateway);
  expect(job.boundary).toBe(targetOfDifficulty(16n));
  expect(job.jobId).toMatch(/^\d+$/);
  expect(await client.submit(job, nonceOf(job.hash, 16n, NETWORK, 0n))).toEqual([true]);
  expect(await client.submit(job, nonceOf(job.hash, 1n, 16n, 0n))).toEqual([
    false,
    'Incorrect Nonce! worker_id = rig!',
  ]);
  expect(node.requests).toEqual([]);
  const solution = nonceOf(job.hash, NETWORK, 2n ** 256n, 0n);
  expect(await client.submit(job, solution)).toEqual([true]);
  expect((await node.taken('mining.submit')).params).toEqual([
    'conflux-solo-bridge',
    hashOf(1),
    `0x${solution.toString(16).padStart(16, '0')}`,
    hashOf(1),
  ]);
});

it("passes the node's boundary through where shares are turned off, with the hash as job id", async () => {
  const { gateway } = await world({ SHARE_INTERVAL_S: '0' });
  const { job } = await miner(gateway);
  expect(job).toEqual({
    jobId: hashOf(1),
    hash: hashOf(1),
    height: 1,
    boundary: targetOfDifficulty(NETWORK),
  });
});

it('sends a rig that is too fast a harder job with an id of its own, and judges each share by its own job', async () => {
  const { gateway } = await world();
  const { client, job } = await miner(gateway);
  let nonce = 0n;
  const next = (to: bigint): bigint => (nonce = nonceOf(job.hash, 16n, to, nonce + 1n));
  for (let shares = 0; shares < 20; shares++) {
    expect(await client.submit(job, next(NETWORK))).toEqual([true]);
  }
  const second = await client.job();
  expect(second).toMatchObject({ hash: job.hash, height: job.height });
  expect(second.jobId).not.toBe(job.jobId);
  expect(second.boundary).toBeLessThan(job.boundary);
  const between = next(difficultyOfTarget(second.boundary));
  expect(await client.submit(second, between)).toEqual([false, 'Incorrect Nonce! worker_id = rig!']);
  expect(await client.submit(job, next(difficultyOfTarget(second.boundary)))).toEqual([true]);
  // A miner that sends the hash for a job id says nothing about the boundary: the easier of the last two counts.
  const unnamed = { jobId: job.hash, hash: job.hash };
  expect(await client.submit(unnamed, next(difficultyOfTarget(second.boundary)))).toEqual([true]);
});

it('keeps books of workers and sessions', async () => {
  const { gateway } = await world();
  const { client, job } = await miner(gateway, 'rig1');
  await miner(gateway, 'rig2');
  const share = nonceOf(job.hash, 16n, NETWORK, 0n);
  await client.submit(job, share, 'rig1');
  await client.submit(job, share, 'rig1');
  await client.submit(job, nonceOf(job.hash, 1n, 16n, 0n), 'rig1');
  const read = async (what: string): Promise<unknown> =>
    (await fetch(`http://127.0.0.1:${gateway.httpPort}/api/v1/${what}`)).json();
  const counts = { accepted: 1, duplicate: 1, invalid: 1, stale: 0 };
  expect(await read('workers')).toMatchObject([
    { name: 'rig1', goneAt: null, shares: counts, effort: 16 / 4096, shareDifficulty: 16 },
    { name: 'rig2', shares: { accepted: 0 }, hashrate: { '1m': { hashesPerSecond: 0, shares: 0 } } },
  ]);
  expect(await read('sessions')).toMatchObject([
    { workers: ['rig1'], shares: counts },
    { workers: ['rig2'] },
  ]);
  expect(await read('miners')).toMatchObject({ sessions: 2, workers: 2, shares: counts, blocks: 0 });
  const [rig] = (await read('workers')) as { hashrate: Record<string, { low: number; high: number }> }[];
  expect(rig?.hashrate['1m']).toMatchObject({ shares: 1 });
  expect(rig?.hashrate['1m']?.low).toBeLessThan(rig?.hashrate['1m']?.high ?? 0);
});

it('names two rigs that try the same nonces', async () => {
  const { gateway } = await world();
  const [first, second] = [await miner(gateway, 'one'), await miner(gateway, 'two')];
  const warned = events(gateway, 'identical-work');
  let nonce = 0n;
  for (let count = 0; count < 3; count++) {
    nonce = nonceOf(first.job.hash, 16n, NETWORK, nonce + 1n);
    expect(await first.client.submit(first.job, nonce)).toEqual([true]);
    expect(await second.client.submit(second.job, nonce)).toEqual([
      false,
      expect.stringMatching(/already solved/),
    ]);
  }
  const [warning] = await warned;
  expect(warning?.miners).toEqual([
    expect.stringMatching(/^one at 127\.0\.0\.1:\d+$/),
    expect.stringMatching(/^two at 127\.0\.0\.1:\d+$/),
  ]);
});

/** By the id, since answers to mining.subscribe name mining.notify, too. */
async function ask(
  client: LineClient,
  id: number,
  method: string,
  params: readonly unknown[],
): Promise<unknown> {
  client.send(JSON.stringify({ id, method, params }));
  const line = await client.take(`answer to ${method}`, (text) => text.startsWith(`{"id":${id},`));
  return (JSON.parse(line) as { result: unknown }).result;
}

it('speaks EthereumStratum on a port of its own, each connection with nonces of its own', async () => {
  const { node, gateway } = await world({ ETHEREUM_STRATUM_LISTEN: '127.0.0.1:0', STRATUM_SECRET: SECRET });
  const prefixes: string[] = [];
  for (let count = 0; count < 2; count++) {
    const client = await open(gateway.ethereumStratumPort);
    const [, prefix] = (await ask(client, 1, 'mining.subscribe', ['Miner/1.0', 'EthereumStratum/1.0.0'])) as [
      unknown,
      string,
    ];
    prefixes.push(prefix);
    // bzminer authorizes only once it has a difficulty and a job.
    const difficulty = await client.take('difficulty', (line) => line.includes('set_difficulty'));
    expect(JSON.parse(difficulty)).toMatchObject({ params: [(16 * 65_535) / 65_536 / 2 ** 32] });
    const line = await client.take('job', (text) => text.includes('mining.notify'));
    const [jobId, , header] = (JSON.parse(line) as { params: string[] }).params;
    const hash = `0x${header}`;
    expect(hash).toBe(hashOf(1));
    const nonce = nonceOf(hash, NETWORK, 2n ** 256n, BigInt(`0x${prefix}`) << 48n);
    const suffix = (nonce & (2n ** 48n - 1n)).toString(16).padStart(12, '0');
    const submit = () => ask(client, 3, 'mining.submit', ['rig', jobId, suffix]);
    expect(await submit()).toBe(false);
    expect(await ask(client, 2, 'mining.authorize', ['rig', 'wrong'])).toBe(false);
    expect(await ask(client, 2, 'mining.authorize', ['rig', PASSWORD])).toBe(true);
    expect(await submit()).toBe(true);
    expect((await node.taken('mining.submit')).params[2]).toBe(`0x${nonce.toString(16).padStart(16, '0')}`);
  }
  expect(new Set(prefixes).size).toBe(2);
});
