/** Submits through the bridge to the real node: each verdict, and what never reaches the node. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rm } from 'node:fs/promises';
import { startDevchain, type Devchain } from '#libs/devchain';
import { keccakTestHash } from '#libs/octopus';
import { LineClient, type Notify } from '#libs/testkit';
import type { GatewayEvent } from '../../apps/stratum-gateway/src/events.js';
import { startGateway, type Gateway } from '../../apps/stratum-gateway/src/gateway.js';
import { chainOptions, gatewayConfig, logger, upstream } from './world.js';

let chain: Devchain;
let gateway: Gateway;
let dataDir: string;
const delivered: GatewayEvent[] = [];

beforeAll(async () => {
  const options = await chainOptions({ difficulty: 500 });
  dataDir = options.dataDir;
  chain = await startDevchain(options);
  // Hundreds of wrong nonces in a burst, as here, are a flood elsewhere.
  const env = { UPSTREAMS: upstream(chain), POW_ALGORITHM: 'keccak-test', STRATUM_LIMITS: 'off' };
  const config = gatewayConfig(env);
  gateway = await startGateway(config, logger);
  gateway.events.stream$.subscribe((event) => {
    if (event.type === 'block-found') delivered.push(event);
  });
});

afterAll(async () => {
  await gateway.close();
  await chain.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** The first nonce from `start` on that does, or does not, solve the job. */
function nonceFor(job: Notify, start: bigint, solves = true): bigint {
  const header = Buffer.from(job.hash.slice(2), 'hex');
  for (let nonce = start; ; nonce++) {
    const value = BigInt(`0x${Buffer.from(keccakTestHash(header, nonce)).toString('hex')}`);
    if (value < job.boundary === solves) return nonce;
  }
}

async function miner(worker = 'rig'): Promise<{ client: LineClient; job: Notify }> {
  const client = await LineClient.open(gateway.stratumPort);
  expect(await client.subscribe(worker)).toBe(true);
  return { client, job: await client.job() };
}

const start = (): bigint => BigInt(Math.floor(Math.random() * 2 ** 40));

describe('a submit', () => {
  it('of a solution is taken, and its repetition in any form is already solved', async () => {
    const { client, job } = await miner();
    const nonce = nonceFor(job, start());
    expect(await client.submit(job, nonce)).toEqual([true]);
    const solved = [false, `Problem already solved with nonce = ${nonce}! worker_id = rig`];
    const hex = nonce.toString(16);
    for (const form of [`0x${hex}`, hex, `0x${hex.toUpperCase()}`, `0x${hex.padStart(64, '0')}`]) {
      expect(await client.submit(job, form)).toEqual(solved);
    }
    client.close();
  });

  it('of a wrong nonce is refused, stays here, and names its worker', async () => {
    const { client, job } = await miner();
    const before = delivered.length;
    const nonce = nonceFor(job, start(), false);
    for (const worker of ['rig', 'é"\\']) {
      expect(await client.submit(job, nonce, worker)).toEqual([
        false,
        `Incorrect Nonce! worker_id = ${worker}!`,
      ]);
    }
    expect(delivered).toHaveLength(before);
    client.close();
  });

  it('for an unknown job is stale and stays here; a solution that names another job is one all the same', async () => {
    const { client, job } = await miner();
    const before = delivered.length;
    const stale = [false, 'Solution for a stale job! worker_id = rig'];
    expect(await client.submit({ jobId: job.jobId, hash: `0x${'ab'.repeat(32)}` }, 1n)).toEqual(stale);
    await client.submit(job, nonceFor(job, start()));
    let next = await client.job();
    while (next.hash === job.hash) next = await client.job();
    expect(delivered).toHaveLength(before + 1);
    const solution = nonceFor(next, start());
    expect(await client.submit({ jobId: job.jobId, hash: next.hash }, solution)).toEqual([true]);
    expect(delivered).toHaveLength(before + 2);
    client.close();
  });

  it('for a past job of the window is forwarded, and the node decides', async () => {
    const { client, job } = await miner();
    const [first, second] = [nonceFor(job, 0n), nonceFor(job, 1n << 50n)];
    expect(await client.submit(job, first)).toEqual([true]);
    let next = await client.job();
    while (next.height === job.height) next = await client.job();
    expect(await client.submit(job, second)).toEqual([true]);
    client.close();
  });

  it('sent twice at once, by two miners, makes one block', async () => {
    const [left, right] = [await miner('left'), await miner('right')];
    const job = right.job;
    const nonce = nonceFor(job, start());
    const before = delivered.length;
    const results = await Promise.all([
      left.client.submit(job, nonce, 'left'),
      right.client.submit(job, nonce, 'right'),
    ]);
    expect(results.filter((result) => JSON.stringify(result) === '[true]')).toHaveLength(1);
    expect(delivered).toHaveLength(before + 1);
    left.client.close();
    right.client.close();
  });

  it('is answered in the order of the requests, batches included', async () => {
    const { client, job } = await miner();
    const nonce = nonceFor(job, start());
    const submit = (id: number, value: bigint): string =>
      JSON.stringify({
        id,
        method: 'mining.submit',
        params: ['w', job.jobId, `0x${value.toString(16)}`, job.hash],
      });
    client.send(`${submit(1, nonce)}\n{"id":2,"method":"x"}\n[${submit(3, nonce)},{"id":4,"method":"y"}]`);
    const replies = [await client.reply(), await client.reply(), await client.reply()].map(
      (line) => JSON.parse(line) as unknown,
    );
    expect(replies).toMatchObject([
      { id: 1, result: [true] },
      { id: 2 },
      [{ id: 3, result: [false, expect.stringContaining('already solved')] }, { id: 4 }],
    ]);
    client.close();
  });
});

describe('jobs', () => {
  it('come at once to a new miner, and never twice to the same', async () => {
    const { client, job } = await miner();
    const seen = new Set([job.hash]);
    let newest = job;
    for (let round = 0; round < 6; round++) {
      expect(await client.submit(newest, nonceFor(newest, start()))).toEqual([true]);
      newest = await client.job();
      expect(seen.has(newest.hash)).toBe(false);
      seen.add(newest.hash);
    }
    expect(await client.subscribe('again')).toBe(true);
    expect(await client.request(9, 'x', [])).toBeUndefined();
    for (const line of client.lines.filter((text) => text.includes('mining.notify'))) {
      const [, , hash = ''] = (JSON.parse(line) as { params: string[] }).params;
      expect(seen.has(hash)).toBe(false);
      seen.add(hash);
    }
    client.close();
  });

  it('do not go to a connection that has not subscribed', async () => {
    const stranger = await LineClient.open(gateway.stratumPort);
    const { client, job } = await miner();
    await client.submit(job, nonceFor(job, start()));
    await client.job();
    await stranger.request(1, 'x', []);
    expect(stranger.lines).toEqual([]);
    stranger.close();
    client.close();
  });
});

describe('a connection', () => {
  it('that sends a line over 16 KiB gets an error and is closed; others are not disturbed', async () => {
    const { client } = await miner();
    const bad = await LineClient.open(gateway.stratumPort);
    bad.send('{"id":5,"method":"x"}');
    bad.send(Buffer.alloc(2_000_000, 'x'));
    expect(JSON.parse(await bad.reply())).toMatchObject({ id: 5 });
    expect(JSON.parse(await bad.reply())).toMatchObject({ error: { code: -32000 }, id: null });
    await bad.untilClosed();
    expect(await client.subscribe('still here')).toBe(true);
    client.close();
  });

  it('that sends more requests than it may have outstanding gets all answers', async () => {
    const { client, job } = await miner();
    const count = 500;
    const line = (id: number): string =>
      JSON.stringify({
        id,
        method: 'mining.submit',
        params: ['w', job.jobId, `0x${(id + 2 ** 44).toString(16)}`, job.hash],
      });
    client.send(Array.from({ length: count }, (_, id) => line(id)).join('\n'));
    const ids: number[] = [];
    while (ids.length < count) ids.push((JSON.parse(await client.reply()) as { id: number }).id);
    expect(ids).toEqual(Array.from({ length: count }, (_, id) => id));
    client.close();
  });
});
