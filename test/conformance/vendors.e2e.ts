/**
 * How miners begin a conversation (fixtures/, each with its source) and what the bridge makes of it. Miners find a
 * server's dialect by trial: what the bridge does not speak is refused at once, costs nothing, and the next try works.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeNode, LineClient } from '#libs/testkit';
import { gatewayFor } from '../e2e/world.js';

interface Fixture {
  readonly miner: string;
  readonly source: string;
  /** Whether somebody saw these bytes; else they follow from what the source says. */
  readonly recorded: boolean;
  readonly lines: readonly {
    readonly send: string;
    readonly expect: keyof typeof ANSWERS;
    /** Where a line differs from the rest. */
    readonly recorded?: boolean;
  }[];
}

interface Reply {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number };
}

/** What an answer has to be; open-cfxmine takes even `"error":null` for an error, so there is none in a success. */
const ANSWERS = {
  granted: (reply: Reply) => reply.result === true && !('error' in reply),
  'hash rate taken': (reply: Reply) => reply.result === true && !('error' in reply),
  'refused share': (reply: Reply) =>
    Array.isArray(reply.result) && reply.result[0] === false && !('error' in reply),
  'unknown protocol': (reply: Reply) => reply.error?.code === -32602 && !('result' in reply),
  'unknown method': (reply: Reply) => reply.error?.code === -32601 && !('result' in reply),
} as const;

/** Miners wait for seconds before they try the next dialect. */
const AT_ONCE_MS = 2000;
const JOB = `0x${'5a'.repeat(32)}`;
const folder = new URL('fixtures/', import.meta.url);
const fixtures = readdirSync(folder)
  .toSorted()
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Fixture);

/** The port of a bridge that has a job whose boundary nobody will meet. */
async function bridgeWithJob(): Promise<number> {
  const node = await FakeNode.start();
  onTestFinished(() => node.stop());
  const UPSTREAMS = `stratum://127.0.0.1:${node.port}`;
  const env = { UPSTREAMS, POW_ALGORITHM: 'keccak-test', SHARE_INTERVAL_S: '0' };
  const gateway = await gatewayFor(env);
  await node.taken('mining.subscribe');
  node.notify([JOB, '1', JOB, '0x1']);
  return gateway.stratumPort;
}

async function open(port: number): Promise<LineClient> {
  const client = await LineClient.open(port);
  onTestFinished(() => client.close());
  return client;
}

describe('a miner', () => {
  it.each(fixtures)('begins: $miner', async ({ lines }) => {
    const client = await open(await bridgeWithJob());
    let hasJob = false;
    for (const { send, expect: wanted } of lines) {
      const text = send.replaceAll('<job>', JOB);
      const sentAt = performance.now();
      client.send(text);
      const line = await client.reply();
      expect(performance.now() - sentAt).toBeLessThan(AT_ONCE_MS);
      const reply = JSON.parse(line) as Reply;
      expect(ANSWERS[wanted](reply), `${wanted}: ${line}`).toBe(true);
      expect(reply.id).toBe((JSON.parse(text) as Reply).id);
      if (wanted === 'granted' && !hasJob) await expectJob(client);
      hasJob ||= wanted === 'granted';
    }
    expect(await client.subscribe()).toBe(true);
    if (!hasJob) await expectJob(client);
  });
});

describe('without penalty', () => {
  it('a connection asks for fifty methods that are unknown', async () => {
    const port = await bridgeWithJob();
    const client = await open(port);
    for (let id = 0; id < 50; id++)
      client.send(JSON.stringify({ id, method: `eth_unknown${id}`, params: [] }));
    for (let id = 0; id < 50; id++) {
      expect(JSON.parse(await client.reply())).toEqual({
        error: { code: -32601, message: 'Method not found' },
        id,
      });
    }
    for (const miner of [client, await open(port)]) {
      expect(await miner.subscribe()).toBe(true);
      await expectJob(miner);
    }
  });

  it('fifty connections try one dialect each and leave', async () => {
    const port = await bridgeWithJob();
    const probes = fixtures.map(({ lines }) => lines[0]!.send).filter((line) => !line.includes('subscribe'));
    for (let index = 0; index < 50; index++) {
      const client = await LineClient.open(port);
      client.send(probes[index % probes.length]!);
      await client.reply();
      client.close();
    }
    const miner = await open(port);
    expect(await miner.subscribe()).toBe(true);
    await expectJob(miner);
  });
});

async function expectJob(client: LineClient): Promise<void> {
  const line = await client.take('job', (text) => text.includes('"mining.notify"'));
  const { params } = JSON.parse(line) as { params: string[] };
  expect(params).toEqual([JOB, '1', JOB, '0x1']);
}
