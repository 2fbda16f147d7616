import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { connect, createServer, Server, Socket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, TLSSocket, connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { idleDescriptor } from './idle-descriptor.js';

let server: Server;
let near: Socket;
let far: Socket;

async function connectTo(where: number | string): Promise<void> {
  server = createServer({ pauseOnConnect: true }).listen(where);
  await once(server, 'listening');
  far = connect(
    typeof where === 'string' ? { path: where } : { port: (server.address() as AddressInfo).port },
  );
  [near] = (await once(server, 'connection')) as [Socket];
}

beforeEach(() => connectTo(0));

afterEach(() => {
  for (const socket of [near, far]) socket.destroy();
  server.close();
});

const socketNodes = (): Map<number, string> =>
  new Map(
    readdirSync('/proc/self/fd').flatMap((fd): [number, string][] => {
      try {
        return [[Number(fd), readlinkSync(`/proc/self/fd/${fd}`)]];
      } catch {
        // The descriptor of the listing itself.
        return [];
      }
    }),
  );

it('is the descriptor of that very socket', () => {
  const fd = idleDescriptor(near) ?? expect.unreachable();
  const [, inode] = /^socket:\[(\d+)\]$/.exec(socketNodes().get(fd) ?? '') ?? expect.unreachable();
  const ports = [near.localPort, near.remotePort].map((port = 0) =>
    port.toString(16).toUpperCase().padStart(4, '0'),
  );
  const row = ['tcp', 'tcp6']
    .flatMap((table) => readFileSync(`/proc/self/net/${table}`, 'utf8').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .find((columns) => columns[9] === inode);
  expect([row?.[1], row?.[2]].map((address) => address?.split(':')[1])).toEqual(ports);
});

it('is there again once all that waited was written', async () => {
  const chunk = Buffer.alloc(2 ** 16);
  while (near.write(chunk));
  expect(near.writableLength).toBeGreaterThan(0);
  expect(idleDescriptor(near)).toBeUndefined();
  far.resume();
  await once(near, 'drain');
  expect(idleDescriptor(near)).toBeGreaterThanOrEqual(0);
});

it('is there after a write that the kernel took at once', () => {
  near.write('job\n');
  expect(idleDescriptor(near)).toBeGreaterThanOrEqual(0);
});

it('is undefined while corked, though nothing was written yet', () => {
  near.cork();
  expect(idleDescriptor(near)).toBeUndefined();
  near.uncork();
  expect(idleDescriptor(near)).toBeGreaterThanOrEqual(0);
});

it('is undefined while connecting', async () => {
  // An address, so that there is a descriptor at once.
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  expect(idleDescriptor(socket)).toBeUndefined();
  await once(socket, 'connect');
  expect(idleDescriptor(socket)).toBeGreaterThanOrEqual(0);
  socket.destroy();
});

it('is undefined of a socket that was ended, was destroyed, or never was one', () => {
  near.end();
  expect(idleDescriptor(near)).toBeUndefined();
  near.destroy();
  expect(idleDescriptor(near)).toBeUndefined();
  expect(idleDescriptor(new Socket())).toBeUndefined();
});

it('is undefined of TLS', async () => {
  const vector = (name: string): Buffer =>
    readFileSync(
      fileURLToPath(new URL(`../../../test/vectors/tls/test-only-first.${name}.pem`, import.meta.url)),
    );
  const secureContext = createSecureContext({ cert: vector('cert'), key: vector('key') });
  const secure = new TLSSocket(near, { isServer: true, secureContext });
  const client = connectTls({ socket: far, rejectUnauthorized: false });
  await once(client, 'secureConnect');
  expect([idleDescriptor(secure), idleDescriptor(client)]).toEqual([undefined, undefined]);
  client.destroy();
  secure.destroy();
});

it('is undefined of a Unix socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'idle-descriptor-'));
  for (const socket of [near, far]) socket.destroy();
  server.close();
  await connectTo(join(folder, 'socket'));
  expect([idleDescriptor(near), idleDescriptor(far)]).toEqual([undefined, undefined]);
  rmSync(folder, { recursive: true });
});

it('is undefined where Node.js has another kind of handle', () => {
  class TCP {
    constructor(readonly fd: unknown) {}
  }
  const withHandle = (handle: unknown): Socket =>
    Object.defineProperty(new Socket(), '_handle', { value: handle });
  expect(idleDescriptor(withHandle(new TCP(3)))).toBe(3);
  for (const handle of [new TCP(-1), new TCP('3'), new TCP(undefined), { fd: 3 }, null])
    expect(idleDescriptor(withHandle(handle))).toBeUndefined();
});
