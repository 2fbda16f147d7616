import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AddressSet } from './address.js';
import { Preamble, type Client, type PreambleHost } from './preamble.js';
import { TlsCertificate } from './tls-certificate.js';
import { TlsHandshakes } from './tls-handshakes.js';

const LINE = '{"id":1,"method":"mining.subscribe"}\n';
const PROXY_V1 = 'PROXY TCP4 203.0.113.7 10.0.0.1 4711 32525\r\n';
const PROXY_V2 = Buffer.from('0d0a0d0a000d0a515549540a2111000ccb0071070a00000112677f0d', 'hex');
const MAX_HANDSHAKES = 20;
const LONG_MS = 20_000;
const PAIRS = new URL('../../../../test/vectors/tls/', import.meta.url);

interface Ready {
  readonly stream: Socket | TLSSocket;
  readonly client: Client & { readonly secure: boolean };
  readonly place: string;
}
interface Failure {
  readonly reason: string;
  readonly client: Client;
  readonly place: string | undefined;
}

/** A listener around a preamble. Emits 'ready' and 'failed'. */
class Gate extends EventEmitter implements PreambleHost<string> {
  readonly preamble: Preamble<string>;
  readonly admitted: string[] = [];
  readonly ready: Ready[] = [];
  readonly failures: Failure[] = [];
  refused = '192.0.2.1';
  /** The socket that was admitted last. */
  raw: Socket | undefined;
  private readonly server: Server;

  constructor(
    readonly trusted: string,
    readonly handshakes: TlsHandshakes | undefined,
    preambleMs = LONG_MS,
  ) {
    super();
    this.preamble = new Preamble({ trusted: AddressSet.parse(trusted), handshakes, preambleMs }, this);
    this.server = createServer({ allowHalfOpen: true }, (socket) => this.preamble.accept(socket));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.preamble.close();
    for (const { stream } of this.ready) stream.destroy();
    await closed;
  }

  admit(client: Client, socket: Socket): string | undefined {
    this.raw = socket;
    this.admitted.push(client.address);
    if (client.address !== this.refused) return `place of ${client.address}`;
    // What a host may have to say still reaches the client.
    socket.end('go away');
    return undefined;
  }

  onReady(stream: Ready['stream'], client: Ready['client'], place: string): void {
    stream.on('error', () => undefined);
    this.ready.push({ stream, client, place });
    this.emit('ready', this.ready.at(-1));
  }

  onSilent(socket: Socket, client: Client, place: string): void {
    socket.destroy();
    this.onFailed('said nothing', client, place);
  }

  onFailed(reason: string, client: Client, place: string | undefined): void {
    this.failures.push({ reason, client, place });
    this.emit('failed', this.failures.at(-1));
  }

  async nextReady(): Promise<Ready> {
    return ((await once(this, 'ready')) as [Ready])[0];
  }

  async nextFailure(): Promise<Failure> {
    return ((await once(this, 'failed')) as [Failure])[0];
  }
}

let gates: Gate[];
let sockets: Socket[];
let certificate: TlsCertificate;
let handshakes: TlsHandshakes;
let folder: string;
let files: { certFile: string; keyFile: string };
let changes: EventEmitter;

function put(pair: string): void {
  copyFileSync(fileURLToPath(new URL(`test-only-${pair}.cert.pem`, PAIRS)), files.certFile);
  copyFileSync(fileURLToPath(new URL(`test-only-${pair}.key.pem`, PAIRS)), files.keyFile);
}

beforeEach(() => {
  [gates, sockets] = [[], []];
  folder = mkdtempSync(join(tmpdir(), 'preamble-'));
  files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  put('first');
  changes = new EventEmitter();
  certificate = new TlsCertificate(files, (level, text) => changes.emit(level, text), 10);
  handshakes = new TlsHandshakes({ certificate, maxHandshakes: MAX_HANDSHAKES, handshakeMs: LONG_MS });
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(gates.map((gate) => gate.stop()));
  for (const gate of gates) expect(gate.preamble.size).toBe(0);
  certificate.close();
  rmSync(folder, { recursive: true });
});

async function gate(options: { trusted?: string; tls?: boolean; preambleMs?: number } = {}): Promise<Gate> {
  const { trusted = '', tls = true, preambleMs = LONG_MS } = options;
  const made = await new Gate(trusted, tls ? handshakes : undefined, preambleMs).start();
  gates.push(made);
  return made;
}

async function dial({ port }: Gate): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** A TLS client over the connection, once its handshake is done. */
async function secure(socket: Socket): Promise<TLSSocket> {
  const stream = connectTls({ socket, rejectUnauthorized: false });
  stream.on('error', () => undefined);
  await once(stream, 'secureConnect');
  return stream;
}

/** All that comes until it is as long as expected. */
async function read(stream: Socket, length: number): Promise<string> {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (text.length >= length) stream.emit('enough');
  });
  await once(stream, 'enough');
  return text;
}

/** Each byte in a segment of its own. */
async function writeBytewise(socket: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) await new Promise((sent) => socket.write(Buffer.from([byte]), sent));
}

describe('Preamble', () => {
  it('hands a plain connection over with all its bytes, in order, and nothing of its own on it', async () => {
    const at = await gate();
    const client = await dial(at);
    client.write(LINE);
    const { stream, client: who, place } = await at.nextReady();
    expect(who).toEqual({ address: '127.0.0.1', port: client.localPort, secure: false });
    expect(place).toBe('place of 127.0.0.1');
    expect([stream.listenerCount('readable'), stream.listenerCount('close')]).toEqual([0, 0]);
    client.end('more\n');
    expect(await read(stream, LINE.length + 5)).toBe(`${LINE}more\n`);
    if (!stream.readableEnded) await once(stream, 'end');
    stream.end('answer\n');
    expect(await read(client, 7)).toBe('answer\n');
  });

  it('hands over a connection that came with its end', async () => {
    const at = await gate();
    const client = connect({ port: at.port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(client);
    client.end(LINE);
    const { stream } = await at.nextReady();
    const ended = once(stream, 'end');
    expect(await read(stream, LINE.length)).toBe(LINE);
    await ended;
  });

  it('takes the word of a trusted peer, whatever the segmentation, TLS or not', async () => {
    const at = await gate({ trusted: '127.0.0.0/8' });
    for (const header of [Buffer.from(PROXY_V1), PROXY_V2]) {
      const plain = await dial(at);
      const ready = at.nextReady();
      await writeBytewise(plain, Buffer.concat([header, Buffer.from(LINE)]));
      const first = await ready;
      expect(first.client).toEqual({ address: '203.0.113.7', port: 4711, secure: false });
      expect(first.place).toBe('place of 203.0.113.7');
      expect(await read(first.stream, LINE.length)).toBe(LINE);

      const second = at.nextReady();
      const carrier = await dial(at);
      await writeBytewise(carrier, header);
      const tls = await secure(carrier);
      tls.write(LINE);
      const over = await second;
      expect(over.client).toEqual({ address: '203.0.113.7', port: 4711, secure: true });
      expect(await read(over.stream, LINE.length)).toBe(LINE);
    }
    expect(at.admitted).toEqual(Array.from({ length: 4 }, () => '203.0.113.7'));
  });

  it('reads header and TLS of one segment', async () => {
    const at = await gate({ trusted: '127.0.0.1' });
    const carrier = await dial(at);
    carrier.cork();
    carrier.write(PROXY_V1);
    const ready = at.nextReady();
    const tls = secure(carrier);
    process.nextTick(() => carrier.uncork());
    (await tls).write(LINE);
    expect(await read((await ready).stream, LINE.length)).toBe(LINE);
  });

  it('reads TLS byte by byte', async () => {
    const at = await gate();
    const relayTo = await dial(at);
    const relay = createServer((from) => {
      relayTo.on('data', (chunk) => from.write(chunk));
      from.on('data', (chunk) => void writeBytewise(relayTo, chunk));
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const ready = at.nextReady();
    const carrier = connect((relay.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(carrier);
    await secure(carrier);
    expect((await ready).client.secure).toBe(true);
    relay.close();
  });

  it('takes a header of an untrusted peer for what it is', async () => {
    const at = await gate({ trusted: '10.0.0.0/8' });
    const client = await dial(at);
    client.write(PROXY_V1 + LINE);
    const { stream, client: who } = await at.nextReady();
    expect(who.address).toBe('127.0.0.1');
    expect(await read(stream, PROXY_V1.length + LINE.length)).toBe(PROXY_V1 + LINE);
  });

  it('speaks of the balancer itself where it names nobody', async () => {
    const at = await gate({ trusted: '127.0.0.1' });
    const client = await dial(at);
    client.write(`PROXY UNKNOWN\r\n${LINE}`);
    expect((await at.nextReady()).client).toMatchObject({ address: '127.0.0.1', port: client.localPort });
  });

  it.each([
    ['a line without a header', LINE, 'sent no PROXY header'],
    ['a broken header', 'PROXY TCP4 1.2.3.4 x', 'sent a PROXY header without a valid destination address'],
    ['TLS without a header', '\x16\x03\x01', 'sent no PROXY header'],
  ])('closes a trusted peer that sends %s', async (_name, text, reason) => {
    const at = await gate({ trusted: '127.0.0.1' });
    const client = await dial(at);
    const closed = once(client, 'close');
    client.resume();
    client.write(text);
    expect(await at.nextFailure()).toMatchObject({ reason, place: undefined });
    client.end();
    await closed;
    expect(at.admitted).toEqual([]);
  });

  it.each([
    ['a trusted peer', '127.0.0.1', '192.0.2.1', PROXY_V1.replace('203.0.113.7', '192.0.2.1')],
    ['any other', '', '127.0.0.1', ''],
  ])(
    'asks the host first, and forgets whom it refuses: a client of %s',
    async (_name, trusted, refused, text) => {
      const at = await gate({ trusted });
      at.refused = refused;
      const client = await dial(at);
      const heard = once(client, 'data');
      client.write(text);
      expect(String(await heard)).toBe('go away');
      expect([at.admitted, at.ready, at.failures, at.preamble.size]).toEqual([[refused], [], [], 0]);
    },
  );

  it('leaves no timer behind', async () => {
    const started = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    const at = await gate();
    const ready = at.nextReady();
    (await dial(at)).write(LINE);
    await ready;
    const secured = at.nextReady();
    await secure(await dial(at));
    await secured;
    const ours = started.mock.results.filter((_, index) => started.mock.calls[index]?.[1] === LONG_MS);
    const gone = new Set(cleared.mock.calls.map(([timer]) => timer));
    vi.restoreAllMocks();
    expect(ours).toHaveLength(3);
    expect(ours.every(({ value }) => gone.has(value as NodeJS.Timeout))).toBe(true);
  });

  it.each([
    ['nothing', '', '', 'said nothing', 'place of 127.0.0.1'],
    ['half a header', '127.0.0.1', 'PROXY TCP4 1.2', 'sent no whole PROXY header', undefined],
    ['a header alone', '127.0.0.1', PROXY_V1, 'said nothing', 'place of 203.0.113.7'],
  ])(
    'waits no longer than its deadline for one that says %s',
    async (_name, trusted, text, reason, place) => {
      const at = await gate({ trusted, preambleMs: 50 });
      const client = await dial(at);
      client.write(text);
      expect(await at.nextFailure()).toMatchObject({ reason, place });
    },
  );

  it('closes one that ends or breaks before it says anything', async () => {
    const at = await gate();
    let failed = at.nextFailure();
    (await dial(at)).end();
    expect(await failed).toMatchObject({ reason: 'closed before it said anything' });
    failed = at.nextFailure();
    (await dial(at)).resetAndDestroy();
    expect(await failed).toMatchObject({ place: 'place of 127.0.0.1' });
    expect(at.preamble.size).toBe(0);
  });

  it('closes TLS at once when there is no certificate, so that a miner tries without', async () => {
    const at = await gate({ tls: false });
    const client = await dial(at);
    const failed = at.nextFailure();
    await expect(secure(client)).rejects.toThrow();
    expect((await failed).reason).toBe('speaks TLS, for which there is no certificate');
  });

  it('closes what it holds when it is closed', async () => {
    const at = await gate();
    const clients = [await dial(at), await dial(at)];
    clients[1]!.write('\x16');
    while (handshakes.size === 0) await new Promise((next) => setImmediate(next));
    const closed = Promise.all(clients.map((client) => once(client.resume(), 'end')));
    at.preamble.close();
    await closed;
    while (at.failures.length < 2) await at.nextFailure();
    expect(at.failures.map(({ reason }) => reason)).toEqual(Array(2).fill('the bridge is shutting down'));
    expect([at.preamble.size, handshakes.size]).toEqual([0, 0]);
  });
});

describe('TLS of the preamble', () => {
  it('closes garbage that begins like TLS, and says why', async () => {
    const at = await gate();
    for (const [junk, reason] of [
      [Buffer.from([0x16, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 'the TLS handshake failed (wrong version number)'],
      [Buffer.from('160301ffff00', 'hex'), /^the TLS handshake failed \(.+\)$/],
      [
        Buffer.concat([Buffer.from('1603010010', 'hex'), Buffer.alloc(16, 0xff)]),
        /^the TLS handshake failed \(.+\)$/,
      ],
    ] as const) {
      const client = await dial(at);
      const failed = at.nextFailure();
      client.write(junk);
      expect((await failed).reason).toMatch(reason);
    }
    expect([handshakes.size, at.preamble.size]).toEqual([0, 0]);
  });

  it('closes a stream that breaks after its handshake', async () => {
    const at = await gate();
    const client = await dial(at);
    const ready = at.nextReady();
    await secure(client);
    const { stream } = await ready;
    const broken = once(stream, 'error');
    stream.resume();
    client.write('this is no TLS record at all');
    expect(await broken).toMatchObject([{ reason: 'wrong version number' }]);
    expect([stream.destroyed, at.failures]).toEqual([true, []]);
  });

  it('survives a reset during the handshake and after it', async () => {
    const at = await gate();
    let client = await dial(at);
    const failed = at.nextFailure();
    client.write(Buffer.from('1603010200', 'hex'));
    while (handshakes.size === 0) await new Promise((next) => setImmediate(next));
    client.resetAndDestroy();
    expect(await failed).toMatchObject({ place: 'place of 127.0.0.1' });
    client = await dial(at);
    const ready = at.nextReady();
    await secure(client);
    const { stream } = await ready;
    const closed = new Promise((done) => stream.on('close', done));
    stream.resume();
    client.resetAndDestroy();
    await closed;
    expect(at.failures).toHaveLength(1);
  });

  it('leaves nothing of its own on the socket below', async () => {
    const at = await gate();
    const ready = at.nextReady();
    await secure(await dial(at));
    await ready;
    const names = at.raw!.listeners('close').map((listener) => listener.name);
    expect(names).not.toContain('onClose');
    expect(at.raw!.listenerCount('readable')).toBe(0);
  });

  it('negotiates once', async () => {
    const at = await gate();
    const ready = at.nextReady();
    const tls = connectTls({ socket: await dial(at), rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    tls.on('error', () => undefined);
    const [{ stream }] = await Promise.all([ready, once(tls, 'secureConnect')]);
    const broken = once(stream, 'error');
    stream.resume();
    tls.renegotiate({ rejectUnauthorized: false }, () => undefined);
    expect(await broken).toMatchObject([{ code: 'ERR_TLS_RENEGOTIATION_DISABLED' }]);
  });

  it('closes both sides when the miner ends', async () => {
    const at = await gate();
    const ready = at.nextReady();
    const tls = await secure(await dial(at));
    const { stream } = await ready;
    const closed = once(stream, 'close');
    stream.resume();
    tls.end();
    await closed;
  });

  it('has no more handshakes at once than it may, and goes on when they end', async () => {
    const at = await gate();
    const clients = await Promise.all(Array.from({ length: 200 }, () => dial(at)));
    const refused = new Promise((all) =>
      at.on('failed', () => at.failures.length === 200 - MAX_HANDSHAKES && all(0)),
    );
    let most = 0;
    at.on('failed', () => (most = Math.max(most, handshakes.size)));
    for (const client of clients) client.write(Buffer.from('1603010200', 'hex'));
    await refused;
    expect(most).toBe(MAX_HANDSHAKES);
    expect(new Set(at.failures.map(({ reason }) => reason))).toEqual(new Set(['too many TLS handshakes']));
    expect(new Set(at.failures.map(({ place }) => place))).toEqual(new Set(['place of 127.0.0.1']));
    for (const client of clients) client.destroy();
    while (handshakes.size > 0) await once(at, 'failed');
    const ready = at.nextReady();
    await secure(await dial(at));
    await ready;
    expect(handshakes.size).toBe(0);
  });

  it('cuts a handshake that takes too long, however busy it looks', async () => {
    handshakes = new TlsHandshakes({ certificate, maxHandshakes: 1, handshakeMs: 60 });
    const at = await gate();
    const client = await dial(at);
    const failed = at.nextFailure();
    client.write(Buffer.from('1603010200', 'hex'));
    const drip = setInterval(() => client.write('\0'), 5);
    expect((await failed).reason).toBe('the TLS handshake took too long');
    clearInterval(drip);
  });

  it('shows newcomers a renewed certificate, and leaves old connections as they are', async () => {
    const at = await gate();
    const before = at.nextReady();
    const old = await secure(await dial(at));
    const { stream } = await before;
    const renewed = once(changes, 'info');
    put('second');
    await renewed;
    const fresh = await secure(await dial(at));
    const nameOf = (tls: TLSSocket) => tls.getPeerCertificate().subject.O;
    expect([nameOf(old), nameOf(fresh)]).toEqual(['test only first', 'test only second']);
    old.write(LINE);
    expect(await read(stream, LINE.length)).toBe(LINE);
  });

  it('speaks no TLS older than 1.2', async () => {
    const at = await gate();
    const failed = at.nextFailure();
    const stream = connectTls({
      socket: await dial(at),
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    await expect(once(stream, 'secureConnect')).rejects.toThrow();
    expect((await failed).reason).toMatch(/^the TLS handshake failed \(unsupported protocol\)$/);
  });
});
