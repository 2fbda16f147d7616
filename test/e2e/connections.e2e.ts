/** Many connections, slow ones and rude ones, on a real gateway: nobody's behaviour is another miner's problem. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { FakeNode, LineClient } from '#libs/testkit';
import type { Gateway } from '../../apps/stratum-gateway/src/gateway.js';
import { events, gatewayFor, ready } from './world.js';

const hashOf = (index: number): string => `0x${index.toString(16).padStart(64, '0')}`;

async function world(): Promise<{ node: FakeNode; gateway: Gateway; notify: (index: number) => void }> {
  const node = await FakeNode.start();
  onTestFinished(() => node.stop());
  const gateway = await gatewayFor({
    UPSTREAMS: `stratum://127.0.0.1:${node.port}`,
    POW_ALGORITHM: 'keccak-test',
  });
  await node.taken('mining.subscribe');
  const notify = (index: number): void => node.notify([hashOf(index), String(index), hashOf(index), '0xff']);
  return { node, gateway, notify };
}

async function open(port: number): Promise<LineClient> {
  const client = await LineClient.open(port);
  onTestFinished(() => client.close());
  return client;
}

it('serves 1500 miners at once, where the node stops at 1024', async () => {
  const { gateway, notify } = await world();
  const clients: LineClient[] = [];
  for (let batch = 0; batch < 15; batch++) {
    const opened = await Promise.all(Array.from({ length: 100 }, () => LineClient.open(gateway.stratumPort)));
    clients.push(...opened);
  }
  onTestFinished(() => clients.forEach((client) => client.close()));
  expect(await Promise.all(clients.map((client) => client.subscribe()))).toEqual(clients.map(() => true));
  notify(1);
  const jobs = await Promise.all(clients.map((client) => client.job()));
  expect(jobs.every(({ hash }) => hash === hashOf(1))).toBe(true);
});

it('sends a miner that does not read the newest job only, once it reads again', async () => {
  const { gateway, notify } = await world();
  const other = await open(gateway.stratumPort);
  await other.subscribe();
  const slow = await open(gateway.stratumPort);
  await slow.subscribe();
  slow.socket.pause();
  const count = 40_000;
  const handedOut = events(gateway, 'job', count);
  for (let index = 1; index <= count; index++) notify(index);
  await handedOut;
  for (let index = 1; index <= count; index++) expect((await other.job()).height).toBe(index);
  slow.socket.resume();
  let height = 0;
  let received = 0;
  while (height < count) {
    height = (await slow.job()).height;
    received++;
  }
  expect(received).toBeLessThan(count);
});

it('stops reading from a miner that does not read its answers', async () => {
  const { gateway } = await world();
  const rude = connect({ host: '127.0.0.1', port: gateway.stratumPort });
  onTestFinished(() => void rude.destroy());
  await once(rude, 'connect');
  rude.pause();
  await untilBlocked(rude, '{"id":1,"method":"mining.submit","params":["w","j","0x1","x"]}\n'.repeat(1000));
  const polite = await open(gateway.stratumPort);
  expect(await polite.subscribe()).toBe(true);
});

it('survives connections that are reset, before, in the middle of and after requests', async () => {
  const { node, gateway } = await world();
  node.answer = ({ method }) => (method === 'mining.submit' ? undefined : true);
  const other = await open(gateway.stratumPort);
  await other.subscribe();
  node.notify([hashOf(1), '1', hashOf(1), `0x${'ff'.repeat(32)}`]);
  await other.job();
  const share = `{"id":9,"method":"mining.submit","params":["w","${hashOf(1)}","0x1","${hashOf(1)}"]}\n`;
  for (let round = 0; round < 100; round++) {
    const client = await LineClient.open(gateway.stratumPort);
    if (round % 2 === 0) {
      // One segment: when the first request is answered, the gateway has read the others, too.
      client.send(
        `{"id":1,"method":"x"}\n${share}{"id":2,"method":"mining.subscribe","params":["w",""]}\n{"id":3`,
      );
      await client.reply();
    }
    client.socket.resetAndDestroy();
  }
  other.close();
  // The share of the first connections was waiting for the node all the time: its answer must not wake the dead.
  const { id } = await node.taken('mining.submit');
  node.send(JSON.stringify({ id, result: [true] }));
  const polite = await open(gateway.stratumPort);
  expect(await polite.subscribe()).toBe(true);
  const miners = async (): Promise<unknown> =>
    ((await ready(gateway)).report as { checks: { listener: { detail: string } } }).checks.listener.detail;
  await expect.poll(miners).toBe('miners: 1');
});

/** Writes until the other side has left so much unread that the socket is full, which proves that it stopped reading. */
async function untilBlocked(socket: Socket, text: string): Promise<void> {
  const LIMIT = 64 * 1024 * 1024;
  for (let sent = 0; sent < LIMIT; sent += text.length) {
    if (socket.write(text)) continue;
    const drained = once(socket, 'drain').then(() => true);
    const stuck = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 1000));
    if (!(await Promise.race([drained, stuck]))) return;
  }
  throw new Error(`the other side took ${LIMIT} bytes without its answers being read`);
}
