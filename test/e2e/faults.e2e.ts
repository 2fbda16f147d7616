/** Faults that the real node cannot be made to show: a stratum server that misbehaves, under a real gateway. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeNode, LineClient, type FakeAnswer } from '#libs/testkit';
import type { Gateway } from '../../apps/stratum-gateway/src/gateway.js';
import { events, gatewayFor, ready } from './world.js';

const hash = (byte: string): string => `0x${byte.repeat(32)}`;
/** Every nonce meets it. */
const EASY = `0x${'ff'.repeat(32)}`;

async function fakeNode(answer?: FakeAnswer): Promise<FakeNode> {
  const node = await FakeNode.start(answer);
  onTestFinished(() => node.stop());
  return node;
}

async function gatewayOn(nodes: readonly FakeNode[], env: NodeJS.ProcessEnv = {}): Promise<Gateway> {
  const UPSTREAMS = nodes.map(({ port }) => `stratum://127.0.0.1:${port}`).join();
  const gateway = await gatewayFor({
    UPSTREAMS,
    POW_ALGORITHM: 'keccak-test',
    SHARE_INTERVAL_S: '0',
    ...env,
  });
  await Promise.all(nodes.map((node) => node.taken('mining.subscribe')));
  return gateway;
}

async function miner(gateway: Gateway): Promise<LineClient> {
  const client = await LineClient.open(gateway.stratumPort);
  onTestFinished(() => client.close());
  expect(await client.subscribe()).toBe(true);
  return client;
}

describe('an answer lost with the connection', () => {
  it('is asked for again, and "already solved" then means taken', async () => {
    let lost = true;
    const node = await fakeNode(({ method }, socket) => {
      if (method !== 'mining.submit') return true;
      if (!lost) return [false, 'Problem already solved with nonce = 1! worker_id = x'];
      lost = false;
      socket.destroy();
      return undefined;
    });
    const gateway = await gatewayOn([node]);
    const client = await miner(gateway);
    node.notify([hash('aa'), '5', hash('aa'), EASY]);
    const waiting = events(gateway, 'block-waiting');
    const taken = events(gateway, 'block-taken');
    expect(await client.submit(await client.job(), 1n)).toEqual([true]);
    expect((await waiting)[0]?.candidate.share.nonce).toBe(1n);
    expect(await taken).toHaveLength(1);
  });
});

describe('a miner that repeats its solution while the node is away', () => {
  it('is told that it is kept, and there is one delivery', async () => {
    const node = await fakeNode(({ method }) => (method === 'mining.submit' ? undefined : true));
    const gateway = await gatewayOn([node]);
    const client = await miner(gateway);
    node.notify([hash('aa'), '5', hash('aa'), EASY]);
    const job = await client.job();
    let found = 0;
    gateway.events.stream$.subscribe(({ type }) => (found += type === 'block-found' ? 1 : 0));
    const kept = [false, 'The node has not answered yet, the solution is kept! worker_id = rig'];
    expect(await client.submit(job, 1n)).toEqual(kept);
    const taken = events(gateway, 'block-taken');
    const again = client.submit(job, 1n);
    node.answer = ({ method }) => (method === 'mining.submit' ? [true] : true);
    node.dropConnections();
    expect(await again).toEqual([true]);
    await taken;
    expect(found).toBe(1);
    expect(await client.submit(job, 1n)).toEqual([
      false,
      'Problem already solved with nonce = 1! worker_id = rig',
    ]);
  });
});

describe('jobs of any spelling', () => {
  it('reach the miner in its own: decimal boundary, foreign job id, padded hex', async () => {
    const node = await fakeNode();
    const client = await miner(await gatewayOn([node]));
    node.notify(['858', '156498021', hash('ab'), String(1n << 200n)]);
    expect(await client.job()).toEqual({
      jobId: hash('ab'),
      height: 156498021,
      hash: hash('ab'),
      boundary: 1n << 200n,
    });
    node.notify(['859', '156498022', hash('ac'), `0x${'0'.repeat(30)}ff`]);
    expect(await client.job()).toMatchObject({ height: 156498022, boundary: 255n });
  });

  it('are served in the documented form when asked', async () => {
    const node = await fakeNode();
    const gateway = await gatewayOn([node], { STRATUM_PROFILE: 'documented' });
    const client = await LineClient.open(gateway.stratumPort);
    onTestFinished(() => client.close());
    expect(await client.subscribe()).toBe('true');
    node.notify([hash('ab'), '7', hash('ab'), '0xff']);
    const line = await client.take('job', (text) => text.includes('mining.notify'));
    expect(JSON.parse(line)).toMatchObject({ params: [hash('ab'), hash('ab'), '0xff'] });
  });

  it('without a height are used when the RPC tells one', async () => {
    const rpcUrl = await fakeRpc({ cfx_epochNumber: '0x63', debug_currentSyncPhase: 'NormalSyncPhase' });
    const node = await fakeNode();
    const gateway = await gatewayFor({
      UPSTREAMS: `stratum://127.0.0.1:${node.port}?rpc=${rpcUrl}`,
      POW_ALGORITHM: 'keccak-test',
    });
    await node.taken('mining.subscribe');
    const client = await miner(gateway);
    node.notify([hash('ab'), hash('ab'), '0xff']);
    expect(await client.job()).toMatchObject({ height: 100 });
  });

  it('without a height and without RPC are reported, not guessed', async () => {
    const node = await fakeNode();
    const gateway = await gatewayOn([node]);
    const notice = events(gateway, 'source', 1, ({ notice }) => notice.text.includes('without a height'));
    node.notify([hash('ab'), hash('ab'), '0xff']);
    expect(await notice).toHaveLength(1);
  });
});

describe('two nodes', () => {
  it('one that comes back is mined for again, with its newest job', async () => {
    const [first, second] = [await fakeNode(), await fakeNode()];
    const gateway = await gatewayOn([first, second]);
    const client = await miner(gateway);
    first.notify([hash('a1'), '5', hash('a1'), EASY]);
    expect((await client.job()).hash).toBe(hash('a1'));
    second.notify([hash('b1'), '5', hash('b1'), EASY]);
    first.dropConnections();
    expect((await client.job()).hash).toBe(hash('b1'));
    await first.taken('mining.subscribe');
    second.notify([hash('b2'), '6', hash('b2'), EASY]);
    expect((await client.job()).hash).toBe(hash('b2'));
    first.notify([hash('a1'), '5', hash('a1'), EASY]);
    expect((await client.job()).hash).toBe(hash('a1'));
  });

  it('candidates go to the one that made the job, also after a switch', async () => {
    const [first, second] = [await fakeNode(), await fakeNode()];
    const gateway = await gatewayOn([first, second]);
    const client = await miner(gateway);
    first.notify([hash('a1'), '5', hash('a1'), EASY]);
    const oldJob = await client.job();
    const switched = events(gateway, 'upstream-switched');
    second.notify([hash('b1'), '5', hash('b1'), EASY]);
    first.dropConnections();
    await first.stop();
    expect((await switched)[0]?.to).toBe(`127.0.0.1:${second.port}`);
    const newJob = await client.job();
    expect(newJob.hash).toBe(hash('b1'));
    expect(await client.submit(newJob, 1n)).toEqual([true]);
    expect((await second.taken('mining.submit')).params[3]).toBe(hash('b1'));

    const waiting = events(
      gateway,
      'block-waiting',
      1,
      ({ candidate }) => candidate.work.headerHash === oldJob.hash,
    );
    const late = client.submit(oldJob, 2n);
    await waiting;
    const again = await FakeNode.start(() => true, first.port);
    onTestFinished(() => again.stop());
    expect(await late).toEqual([true]);
    expect((await again.taken('mining.submit')).params[3]).toBe(hash('a1'));
    expect(second.requests).toEqual([]);
  });
});

describe('a node that cannot be used', () => {
  it('that is not there leaves miners connected, and readiness says why', async () => {
    const node = await FakeNode.start();
    const { port } = node;
    await node.stop();
    const gateway = await gatewayFor({
      UPSTREAMS: `stratum://127.0.0.1:${port}`,
      POW_ALGORITHM: 'keccak-test',
    });
    const client = await miner(gateway);
    expect(await ready(gateway)).toMatchObject({
      status: 503,
      report: { checks: { job: { ok: false, detail: 'no node has sent a job yet' } } },
    });
    const again = await FakeNode.start(() => true, port);
    onTestFinished(() => again.stop());
    await again.taken('mining.subscribe');
    again.notify([hash('aa'), '5', hash('aa'), EASY]);
    expect(await client.job()).toMatchObject({ height: 5 });
    expect((await ready(gateway)).status).toBe(200);
  });

  it('that refuses the password is reported as such', async () => {
    const node = await FakeNode.start(() => false);
    onTestFinished(() => node.stop());
    const refused = (text: string): boolean => text.includes('the password was refused');
    const gateway = await gatewayFor({
      UPSTREAMS: `stratum://127.0.0.1:${node.port}`,
      POW_ALGORITHM: 'keccak-test',
    });
    expect(await events(gateway, 'source', 1, ({ notice }) => refused(notice.text))).toHaveLength(1);
  });

  it('that is catching up makes the bridge not ready', async () => {
    const answers: Record<string, unknown> = { debug_currentSyncPhase: 'CatchUpSyncBlockHeaderPhase' };
    const rpcUrl = await fakeRpc(answers);
    const node = await fakeNode();
    const gateway = await gatewayFor({
      UPSTREAMS: `stratum://127.0.0.1:${node.port}?rpc=${rpcUrl}`,
      POW_ALGORITHM: 'keccak-test',
    });
    await events(gateway, 'source', 1, ({ notice }) => notice.text.includes('catching up'));
    node.notify([hash('aa'), '5', hash('aa'), EASY]);
    expect((await ready(gateway)).status).toBe(503);
    const synced = events(gateway, 'source', 1, ({ notice }) => notice.text.includes('in sync'));
    answers['debug_currentSyncPhase'] = 'NormalSyncPhase';
    await synced;
    node.notify([hash('ab'), '6', hash('ab'), EASY]);
    const client = await miner(gateway);
    await client.job();
    expect((await ready(gateway)).status).toBe(200);
  });
});

/** A JSON-RPC server that answers by table. */
async function fakeRpc(answers: Record<string, unknown>): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { id, method } = JSON.parse(body) as { id: number; method: string };
      const result = answers[method];
      const error = { code: -32601, message: 'Method not found' };
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ jsonrpc: '2.0', id, ...(result === undefined ? { error } : { result }) }),
      );
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
