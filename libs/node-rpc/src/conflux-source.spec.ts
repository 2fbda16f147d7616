import { describe, expect, it, onTestFinished } from 'vitest';
import type { SourceNotice } from '#libs/mining';
import { FakeNode } from '#libs/testkit';
import { ConfluxSource } from './conflux-source.js';

const hash = `0x${'ab'.repeat(32)}`;

async function setUp() {
  const node = await FakeNode.start();
  const link = { warnAfterMs: 20, reconnectAfterMs: 40, backoff: { firstMs: 5, maxMs: 5 } };
  const source = new ConfluxSource(
    { host: '127.0.0.1', port: node.port, password: '', rpcUrl: undefined },
    { link },
  );
  const notices: SourceNotice[] = [];
  source.notices$.subscribe((notice) => notices.push(notice));
  onTestFinished(async () => {
    await source.stop();
    await node.stop();
  });
  source.start();
  return { node, source, texts: () => notices.map(({ text }) => text) };
}

describe('ConfluxSource', () => {
  it('says once that a node is silent, however often it reconnects, and once that jobs come again', async () => {
    const { node, source, texts } = await setUp();
    for (let connection = 0; connection < 4; connection++) await node.taken('mining.subscribe');
    expect(texts()).toEqual(['connected, waiting for jobs', expect.stringContaining('no job for 0.02 s')]);
    expect(source.health).toMatchObject({ node: 'unknown', lastWorkAt: undefined });
    const work = new Promise((resolve) => source.work$.subscribe(resolve));
    node.notify([hash, '7', hash, '0xff']);
    expect(await work).toMatchObject({ key: hash, height: 7, networkTarget: 255n, source: source.name });
    expect(texts().slice(2)).toEqual(['sends usable jobs again']);
    expect(source.health.lastWorkAt).toBeTypeOf('number');
  });

  it.each([
    [[true], { kind: 'accepted' }],
    [[false, 'Problem already solved with nonce = 1! worker_id = w'], { kind: 'duplicate' }],
    [[false, 'Solution for a stale job! worker_id = w'], { kind: 'rejected', reason: 'stale' }],
    [[false, 'Incorrect Nonce! worker_id = w!'], { kind: 'rejected', reason: 'invalid' }],
    [[false], { kind: 'rejected', reason: 'malformed' }],
  ])('reads the answer %j', async (result, outcome) => {
    const { node, source } = await setUp();
    node.answer = ({ method }) => (method === 'mining.submit' ? result : true);
    const work = new Promise<Parameters<typeof source.submit>[0]['work']>((resolve) =>
      source.work$.subscribe(resolve),
    );
    await node.taken('mining.subscribe');
    node.notify([hash, '7', hash, '0xff']);
    const share = { worker: 'w', workKey: hash, jobId: hash, nonce: 5n as never };
    expect(await source.submit({ work: await work, share, value: 0n })).toEqual(outcome);
    expect(await node.taken('mining.submit')).toMatchObject({
      params: ['conflux-solo-bridge', hash, '0x0000000000000005', hash],
    });
  });
});
