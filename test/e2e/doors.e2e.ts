/** Other ways in: TLS on the stratum port, proxies that say who the miner is, and the gate before all of them. */
import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { FakeNode, LineClient } from '#libs/testkit';
import type { Gateway } from '../../apps/stratum-gateway/src/gateway.js';
import { events, gatewayFor, PASSWORD, SECRET } from './world.js';

const pem = (name: string): string =>
  fileURLToPath(new URL(`../vectors/tls/test-only-${name}.pem`, import.meta.url));
const hash = `0x${'ab'.repeat(32)}`;

async function world(env: NodeJS.ProcessEnv): Promise<{ node: FakeNode; gateway: Gateway }> {
  const node = await FakeNode.start();
  onTestFinished(() => node.stop());
  const gateway = await gatewayFor({
    UPSTREAMS: `stratum://127.0.0.1:${node.port}`,
    POW_ALGORITHM: 'keccak-test',
    ...env,
  });
  await node.taken('mining.subscribe');
  const job = events(gateway, 'job');
  node.notify([hash, '1', hash, '0xff']);
  await job;
  return { node, gateway };
}

async function tls(gateway: Gateway): Promise<{ client: LineClient; socket: TLSSocket }> {
  const socket = connectTls({ host: '127.0.0.1', port: gateway.stratumPort, rejectUnauthorized: false });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return { client: LineClient.on(socket), socket };
}

/** A connection from another address of this machine, with nothing sent yet. */
async function from(address: string, gateway: Gateway): Promise<{ client: LineClient; socket: Socket }> {
  const socket = connect({ host: '127.0.0.1', port: gateway.stratumPort, localAddress: address });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return { client: LineClient.on(socket), socket };
}

async function bans(gateway: Gateway): Promise<unknown> {
  return (await fetch(`http://127.0.0.1:${gateway.httpPort}/api/v1/bans`)).json();
}

it('speaks TLS and plain on one port, and takes up a new certificate without a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-tls-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const install = async (name: string): Promise<void> => {
    for (const [file, kind] of [
      [key, 'key'],
      [cert, 'cert'],
    ] as const) {
      await copyFile(pem(`${name}.${kind}`), `${file}.new`);
      await rename(`${file}.new`, file);
    }
  };
  await install('first');
  const { gateway } = await world({ STRATUM_TLS_CERT: cert, STRATUM_TLS_KEY: key });
  const first = await tls(gateway);
  expect(await first.client.subscribe()).toBe(true);
  expect((await first.client.job()).hash).toBe(hash);
  const plain = await LineClient.open(gateway.stratumPort);
  onTestFinished(() => plain.close());
  expect(await plain.subscribe()).toBe(true);
  const renewed = events(gateway, 'gate', 1, ({ text }) => text.includes('TLS certificate of'));
  await install('second');
  await renewed;
  const second = await tls(gateway);
  expect(second.socket.getPeerX509Certificate()?.fingerprint256).not.toBe(
    first.socket.getPeerX509Certificate()?.fingerprint256,
  );
  expect(await second.client.subscribe()).toBe(true);
  expect(await first.client.request(2, 'nosuch', [])).toBeUndefined();
});

it('takes the word of a trusted proxy, and of nobody else', async () => {
  const { gateway } = await world({ PROXY_TRUSTED: '127.0.5.1', STRATUM_SECRET: SECRET });
  const guess = async (peer: string): Promise<void> => {
    const { client, socket } = await from(peer, gateway);
    socket.write('PROXY TCP4 203.0.113.7 127.0.0.1 4444 32525\r\n');
    if (peer !== '127.0.5.1') expect(await client.reply()).toContain('Parse error');
    for (let id = 0; id < 20 && !client.closed; id++) {
      const answer = client.subscribe('rig', 'wrong');
      if ((await answer.catch(() => undefined)) !== false) break;
    }
    await client.untilClosed();
  };
  await guess('127.0.5.1');
  expect(await bans(gateway)).toMatchObject([{ address: '203.0.113.7', reason: 'wrong passwords' }]);
  await guess('127.0.6.1');
  expect(await bans(gateway)).toMatchObject([{ address: '203.0.113.7' }, { address: '127.0.6.1' }]);
  const { client, socket } = await from('127.0.5.1', gateway);
  socket.write('PROXY TCP4 203.0.113.8 127.0.0.1 4444 32525\r\n');
  expect(await client.subscribe('rig', PASSWORD)).toBe(true);
  const silent = await from('127.0.5.1', gateway);
  silent.socket.write('{"id":1,"method":"mining.subscribe","params":["rig","pw"]}\n');
  await silent.client.untilClosed();
});

it('refuses with a reason, and lets in again whose ban was lifted', async () => {
  const { gateway } = await world({ STRATUM_SECRET: SECRET, LIMIT_CONNECTIONS_PER_ADDRESS: '2' });
  const crowd = [await from('127.0.7.1', gateway), await from('127.0.7.1', gateway)];
  const third = await from('127.0.7.1', gateway);
  expect(await third.client.reply()).toContain('too many connections from 127.0.7.1 (limit 2)');
  await third.client.untilClosed();
  for (const { socket } of crowd) socket.destroy();
  const { client } = await from('127.0.7.2', gateway);
  const dismissed = client.take('ban', (line) => line.includes('banned until'));
  for (let id = 0; id < 12; id++)
    client.send('{"id":1,"method":"mining.subscribe","params":["rig","wrong"]}');
  expect(JSON.parse(await dismissed)).toMatchObject({ error: { code: -32000 } });
  await client.untilClosed();
  const refused = await from('127.0.7.2', gateway);
  expect(await refused.client.reply()).toContain('banned until');
  const url = `http://127.0.0.1:${gateway.httpPort}/api/v1/bans/127.0.7.2`;
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(404);
  expect(await (await from('127.0.7.2', gateway)).client.subscribe('rig', PASSWORD)).toBe(true);
});

it('closes who says nothing, and tells him why', async () => {
  const { gateway } = await world({ LIMIT_SUBSCRIBE_S: '1' });
  const { client } = await from('127.0.0.1', gateway);
  expect(await client.reply()).toContain('not subscribed within 1 s');
  await client.untilClosed();
});
