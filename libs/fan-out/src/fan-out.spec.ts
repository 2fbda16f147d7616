import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { openAcknowledge, openAddon, openFanOut, testFanOut } from './fan-out.js';
import { idleDescriptor } from './idle-descriptor.js';

const { EAGAIN, EBADF, ENOTSOCK } = constants.errno;
const fanOut = openFanOut(2).fanOut ?? expect.unreachable();

/** A connection: `near` is the end that is sent to, `far` reads nothing before it is drained. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}
let pairs: Pair[] = [];

afterEach(() => {
  for (const { near, far } of pairs) for (const socket of [near, far]) socket.destroy();
  pairs = [];
});

async function connectPairs(count: number): Promise<Pair[]> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (let i = 0; i < count; i++) {
    const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [near] = (await once(server, 'connection')) as [Socket];
    pairs.push({ near, far });
    if (far.connecting) await once(far, 'connect');
  }
  server.close();
  return pairs;
}

const descriptors = (of: readonly Pair[]): Int32Array =>
  Int32Array.from(of, ({ near }) => idleDescriptor(near) ?? expect.unreachable());

/** What the kernel took of each. */
function send(sockets: Int32Array, text: string, count = sockets.length): number[] {
  const sent = new Int32Array(sockets.length).fill(12345);
  fanOut.send(sockets, count, Buffer.from(text), sent);
  return [...sent];
}

/** All that arrives until the end of the stream. */
async function drain({ near, far }: Pair): Promise<string> {
  near.end();
  return Buffer.concat(await far.toArray()).toString();
}

describe('a broadcast', () => {
  it('reaches 300 sockets once and whole, and in order with what is written to the streams', async () => {
    const all = await connectPairs(300);
    const sockets = descriptors(all);
    let expected = '';
    for (let round = 0; round < 20; round++) {
      const text = `{"job":${round}}\n`;
      expect(send(sockets, text)).toEqual(Array(300).fill(text.length));
      for (const { near } of all) near.write(`own ${round}\n`);
      expected += `${text}own ${round}\n`;
    }
    expect(await Promise.all(all.map(drain))).toEqual(Array(300).fill(expected));
  });

  it('touches the first `count` only', async () => {
    const all = await connectPairs(100);
    expect(send(descriptors(all), 'job\n', 70)).toEqual(all.map((_, i) => (i < 70 ? 4 : 12345)));
    const arrived = await Promise.all(all.map(drain));
    expect(arrived).toEqual(all.map((_, i) => (i < 70 ? 'job\n' : '')));
  });

  it('of nothing, or to nobody', async () => {
    const all = await connectPairs(1);
    send(new Int32Array(0), 'job\n');
    expect(send(descriptors(all), 'job\n', 0)).toEqual([12345]);
    expect(send(descriptors(all), '')).toEqual([0]);
    expect(await drain(all[0]!)).toBe('');
  });

  it('goes past a socket that is full, which tells how much it took', async () => {
    const all = await connectPairs(100);
    const sockets = descriptors(all);
    const big = 'x'.repeat(2 ** 20);
    const full = [0, 50, 99];
    const took = new Map(full.map((i) => [i, 0]));
    for (const i of full) {
      for (let sent = 1; sent > 0; took.set(i, took.get(i)! + Math.max(sent, 0))) {
        [sent = 0] = send(sockets.subarray(i, i + 1), big);
        expect(sent).toBeLessThanOrEqual(big.length);
        if (sent <= 0) expect(sent).toBe(-EAGAIN);
      }
    }
    for (const [i, sent] of send(sockets, 'job\n').entries()) {
      // The kernel may have moved bytes on meanwhile.
      expect(full.includes(i) ? [-EAGAIN, 4] : [4]).toContain(sent);
      if (full.includes(i)) took.set(i, took.get(i)! + Math.max(sent, 0));
    }
    const lengths = (await Promise.all(all.map(drain))).map((text) => text.length);
    expect(lengths).toEqual(all.map((_, i) => took.get(i) ?? 4));
  });

  it('goes past a descriptor that is closed, none, or no socket', async () => {
    const all = await connectPairs(100);
    const sockets = descriptors(all);
    sockets[7] = -1;
    // No process has as many.
    sockets[20] = 2 ** 31 - 1;
    const file = (sockets[30] = openSync('/dev/null', 'w'));
    all[40]!.near.destroy();
    await once(all[40]!.near, 'close');
    const wrong = new Map([7, 20, 40].map((i) => [i, -EBADF])).set(30, -ENOTSOCK);
    expect(send(sockets, 'job\n')).toEqual(all.map((_, i) => wrong.get(i) ?? 4));
    closeSync(file);
  });

  it('takes arrays that are shared between threads', async () => {
    const all = await connectPairs(1);
    const shared = new Int32Array(new SharedArrayBuffer(4));
    shared.set(descriptors(all));
    fanOut.send(shared, 1, Buffer.from('job\n'), shared);
    expect(shared[0]).toBe(4);
  });
});

it('worker threads broadcast to the same sockets at once', async () => {
  const all = await connectPairs(128);
  const sockets = descriptors(all);
  const loader = createRequire(import.meta.url).resolve('node-gyp-build');
  const native = fileURLToPath(new URL('../native', import.meta.url));
  const script = `
    const { workerData, parentPort } = require('node:worker_threads');
    const { Sender } = require(${JSON.stringify(loader)})(${JSON.stringify(native)});
    const sent = new Int32Array(128);
    const sender = new Sender(2);
    for (let i = 0; i < 10; i++) sender.send(workerData, 128, Buffer.from('worker\\n'), sent);
    parentPort.postMessage(sent);`;
  const results = [1, 2].map(async () => {
    const worker = new Worker(script, { eval: true, workerData: sockets });
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    const sent = await new Promise<Int32Array>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await exited;
    return [...sent];
  });
  for (let i = 0; i < 10; i++) send(sockets, 'main\n');
  expect(await Promise.all(results)).toEqual([Array(128).fill(7), Array(128).fill(7)]);
  for (const text of await Promise.all(all.map(drain))) {
    const lines = text.split('\n').sort();
    expect(lines).toEqual([
      '',
      ...new Array<string>(10).fill('main'),
      ...new Array<string>(20).fill('worker'),
    ]);
  }
});

describe('wrong arguments', () => {
  const ints = new Int32Array(4);
  const bytes = new Uint8Array(4);
  const untyped = fanOut.send.bind(fanOut) as (...given: unknown[]) => void;

  it.each<{ given: unknown[] }>([
    { given: [] },
    { given: [[1], 1, bytes, ints] },
    { given: [new Uint32Array(4), 1, bytes, ints] },
    { given: [ints, '1', bytes, ints] },
    { given: [ints, 1.5, bytes, ints] },
    { given: [ints, 1, 'job', ints] },
    { given: [ints, 1, new Int8Array(4), ints] },
    { given: [ints, 1, new DataView(new ArrayBuffer(4)), ints] },
    { given: [ints, 1, bytes] },
    { given: [ints, 1, bytes, new BigInt64Array(4)] },
    { given: [ints, 1, bytes, {}] },
  ])('throw TypeError: $given', ({ given }) => {
    expect(() => untyped(...given)).toThrow(TypeError);
  });

  it.each([-1, 5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY])(
    'a count of %d throws RangeError',
    (count) => {
      expect(() => fanOut.send(ints, count, bytes, ints)).toThrow(RangeError);
    },
  );

  it('more sockets than places, and arrays that were given away', () => {
    expect(() => fanOut.send(ints, 4, bytes, new Int32Array(3))).toThrow(RangeError);
    const gone = new Int32Array(4);
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(() => fanOut.send(gone, 1, bytes, ints)).toThrow(RangeError);
  });

  it('numbers of threads', () => {
    for (const threads of [0, -1, 65, Number.NaN]) expect(() => openFanOut(threads)).toThrow(RangeError);
    expect(() => openFanOut(1.5)).toThrow(TypeError);
  });

  it('another receiver', () => {
    expect(() => fanOut.send.call({} as typeof fanOut, ints, 0, bytes, ints)).toThrow(TypeError);
  });
});

describe('an acknowledgement', () => {
  it.runIf(process.platform === 'linux')('is made for a socket, and for nothing else', async () => {
    const [pair] = await connectPairs(1);
    const { acknowledge } = openAddon();
    expect(acknowledge(idleDescriptor(pair!.near)!)).toBe(0);
    expect(acknowledge(1 << 30)).toBe(-EBADF);
    expect(() => acknowledge(-1)).toThrow(RangeError);
    const file = openSync(fileURLToPath(import.meta.url), 'r');
    expect(acknowledge(file)).toBe(-ENOTSOCK);
    closeSync(file);
  });

  it('leaves the stream as it was, open or closed', async () => {
    const [pair] = await connectPairs(1);
    const { near, far } = pair!;
    const acknowledge = openAcknowledge();
    acknowledge(near);
    near.write('job');
    far.resume();
    expect(String((await once(far, 'data'))[0])).toBe('job');
    near.destroy();
    acknowledge(near);
  });
});

describe('opening the addon', () => {
  it('says where it looked', () => {
    expect(() => openAddon(['./nowhere/'])).toThrow(/nowhere/);
    expect(() => openAddon(['../src/'])).toThrow(/No native build/);
  });

  it('refuses one that finds nothing wrong with a bad descriptor', () => {
    expect(() => testFanOut({ send: () => undefined })).toThrow(/self-test/);
  });
});
