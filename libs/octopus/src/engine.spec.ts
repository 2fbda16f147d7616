import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OctopusEngine, type PowEngine, type SearchRequest } from './engine.js';
import { loadOctopus } from './load.js';
import { MAX_HEIGHT } from './limits.js';
import { NativeKernel, openAddon, type NativeCache } from './native.js';

const HEIGHT = 1000;
const header = Uint8Array.from({ length: 32 }, (_, i) => 5 * i + 1);
const numberOf = (hash: Uint8Array): bigint => BigInt('0x' + Buffer.from(hash).toString('hex'));

let engine: PowEngine;
beforeAll(async () => {
  engine = loadOctopus({ engine: 'native' }).engine;
  await engine.prepare(HEIGHT);
});
afterAll(() => engine.close());

describe('hash', () => {
  it('takes the low 64 bits of a nonce', async () => {
    const hash = await engine.hash(header, 5n, HEIGHT);
    expect(hash).toHaveLength(32);
    expect(await engine.hash(header, 5n + 2n ** 64n, HEIGHT)).toEqual(hash);
    expect(await engine.hash(header, 5n + 2n ** 255n, HEIGHT)).toEqual(hash);
    expect(await engine.hash(header, 6n, HEIGHT)).not.toEqual(hash);
  });

  it('does not see what the caller does with its buffer afterwards', async () => {
    const buffer = Uint8Array.from(header);
    const running = engine.hash(buffer, 5n, HEIGHT);
    buffer.fill(0);
    expect(await running).toEqual(await engine.hash(header, 5n, HEIGHT));
  });

  it('takes a Buffer, and a view into a larger one', async () => {
    const padded = Buffer.concat([Buffer.alloc(3), header]);
    expect(await engine.hash(padded.subarray(3), 5n, HEIGHT)).toEqual(await engine.hash(header, 5n, HEIGHT));
  });
});

describe('search', () => {
  const search = (request: Partial<SearchRequest>) =>
    engine.search({ headerHash: header, height: HEIGHT, start: 0n, count: 1, boundary: 1n, ...request });

  // 75 nonces are a slice of 64, a batch of 8 and three alone. From this start on, first finds are at
  // 0, 1, 4, 13, 19, 34, 69 and 74.
  it('finds the first hash below the boundary, wherever it is', async () => {
    const start = 415n;
    const hashes = [];
    for (let i = 0n; i < 75n; i++) hashes.push(await engine.hash(header, start + i, HEIGHT));
    for (const hash of hashes) {
      const boundary = numberOf(hash) + 1n;
      const index = hashes.findIndex((other) => numberOf(other) < boundary);
      const found = { nonce: start + BigInt(index), hash: hashes[index] };
      expect(await search({ start, count: 75, boundary })).toEqual({ tried: index + 1, found });
    }
    const lowest = hashes.map(numberOf).reduce((low, hash) => (hash < low ? hash : low));
    expect(lowest).toBe(numberOf(hashes[74]!));
    expect(await search({ start, count: 75, boundary: lowest })).toEqual({ tried: 75 });
  });

  it('goes on at nonce 0 after 2^64 - 1', async () => {
    const start = 2n ** 64n - 3n;
    const hashes = [];
    for (let i = 0n; i < 12n; i++) hashes.push(await engine.hash(header, start + i, HEIGHT));
    const last = hashes.map(numberOf).reduce((low, hash) => (hash < low ? hash : low));
    const index = hashes.findIndex((hash) => numberOf(hash) === last);
    expect(index).toBeGreaterThan(2);
    const found = { nonce: BigInt(index) - 3n, hash: hashes[index] };
    expect(await search({ start, count: 12, boundary: last + 1n })).toEqual({ tried: index + 1, found });
    expect(await search({ start: start + 2n ** 64n, count: 12, boundary: last + 1n })).toMatchObject({
      found,
    });
  });

  it('takes everything below 2^256, and tries nothing when asked for nothing', async () => {
    expect(await search({ start: 4n, count: 9, boundary: 2n ** 256n })).toMatchObject({
      tried: 1,
      found: { nonce: 4n },
    });
    expect(await search({ count: 0, boundary: 2n ** 256n })).toEqual({ tried: 0 });
  });

  it.each<[string, Partial<Record<keyof SearchRequest, unknown>>, typeof TypeError | typeof RangeError]>([
    ['a short header hash', { headerHash: new Uint8Array(31) }, TypeError],
    ['a negative start', { start: -1n }, RangeError],
    ['a start that is no bigint', { start: 0 }, TypeError],
    ['a negative count', { count: -1 }, RangeError],
    ['half a count', { count: 0.5 }, RangeError],
    ['boundary 0', { boundary: 0n }, RangeError],
    ['a boundary beyond 2^256', { boundary: 2n ** 256n + 1n }, RangeError],
    ['a height that is no integer', { height: 0.5 }, RangeError],
  ])('refuses %s', async (_name, wrong, error) => {
    await expect(search(wrong as Partial<SearchRequest>)).rejects.toThrow(error);
  });
});

describe('wrong arguments', () => {
  it.each([new Uint8Array(0), new Uint8Array(33), '00'.repeat(32), undefined])(
    'header hash %s',
    async (wrong) => {
      await expect(engine.hash(wrong as Uint8Array, 0n, HEIGHT)).rejects.toThrow(TypeError);
    },
  );

  it('nonce', async () => {
    await expect(engine.hash(header, -1n, HEIGHT)).rejects.toThrow(RangeError);
    await expect(engine.hash(header, 1 as unknown as bigint, HEIGHT)).rejects.toThrow(TypeError);
  });

  it.each([-1, 1.5, Number.NaN, Infinity, MAX_HEIGHT + 1])('height %d', async (height) => {
    await expect(engine.hash(header, 0n, height)).rejects.toThrow(RangeError);
    await expect(engine.prepare(height)).rejects.toThrow(RangeError);
  });

  it('height that is no number', async () => {
    await expect(engine.prepare('5' as unknown as number)).rejects.toThrow(TypeError);
  });
});

describe('caches', () => {
  class CountingKernel extends NativeKernel {
    readonly built: number[] = [];
    readonly freed: NativeCache[] = [];
    override build(stage: number): Promise<NativeCache> {
      this.built.push(stage);
      return super.build(stage);
    }
    override release(cache: NativeCache): void {
      this.freed.push(cache);
      super.release(cache);
    }
  }

  it('builds the cache of a stage once for all callers, and frees it on close', async () => {
    const kernel = new CountingKernel(openAddon());
    const counted = new OctopusEngine(kernel);
    const hashes = [0n, 1n, 2n].map((nonce) => counted.hash(header, nonce, HEIGHT));
    await Promise.all([counted.prepare(HEIGHT), ...hashes, counted.prepare(2 ** 19 - 1)]);
    await counted.hash(header, 3n, 0);
    expect(kernel.built).toEqual([0]);
    await counted.close();
    expect(kernel.freed).toHaveLength(1);
  });

  it('lets a running build end on close, and frees what it built', async () => {
    const kernel = new CountingKernel(openAddon());
    const counted = new OctopusEngine(kernel);
    const preparing = counted.prepare(HEIGHT);
    await counted.close();
    expect(kernel.freed).toHaveLength(1);
    await preparing;
  });

  it('hashes at one stage while the cache of another is built', async () => {
    let built = false;
    const building = engine.prepare(2 ** 19).then(() => (built = true));
    await engine.hash(header, 1n, HEIGHT);
    expect(built).toBe(false);
    await building;
  });
});

describe('close', () => {
  it('ends a search between slices, lets a hash end, and refuses calls from then on', async () => {
    const closed = loadOctopus({ engine: 'native' }).engine;
    await closed.prepare(HEIGHT);
    const endless = {
      headerHash: header,
      height: HEIGHT,
      start: 0n,
      count: Number.MAX_SAFE_INTEGER,
      boundary: 1n,
    };
    const searching = expect(closed.search(endless)).rejects.toThrow('closed');
    const hashing = closed.hash(header, 0n, HEIGHT);
    await closed.close();
    await searching;
    expect(await hashing).toHaveLength(32);
    await expect(closed.hash(header, 0n, HEIGHT)).rejects.toThrow('closed');
    await expect(closed.prepare(HEIGHT)).rejects.toThrow('closed');
    await closed.close();
  });
});
