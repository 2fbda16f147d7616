import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { EngineBusyError, OctopusEngine, type PowEngine, type SearchRequest } from './engine.js';
import { loadOctopus } from './load.js';
import { MAX_HEIGHT } from './limits.js';
import { NativeKernel, openAddon, type NativeCache } from './native.js';
import { VERIFY_ITEM_BYTES, VERIFY_RESULT_BYTES } from './packed.js';
import { STAGE_LENGTH } from './reference/constants.js';

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
    readonly ahead: number[] = [];
    readonly freed: NativeCache[] = [];
    override build(stages: readonly number[], ahead: boolean): Promise<NativeCache>[] {
      this.built.push(...stages);
      if (ahead) this.ahead.push(...stages);
      return super.build(stages, ahead);
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
    await Promise.all([counted.prepare(HEIGHT), ...hashes, counted.prepare(HEIGHT + 7)]);
    await counted.hash(header, 3n, 0);
    expect(kernel.built).toEqual([0]);
    await counted.close();
    expect(kernel.freed).toHaveLength(1);
  });

  it('gives up a running build on close', async () => {
    const kernel = new CountingKernel(openAddon());
    const counted = new OctopusEngine(kernel);
    const preparing = expect(counted.prepare(HEIGHT)).rejects.toThrow('no light cache of stage 0');
    await new Promise((resolve) => setImmediate(resolve));
    expect(kernel.built).toEqual([0]);
    await counted.close();
    await preparing;
    expect(counted.stats()).toMatchObject({ stages: [], building: [], cacheBytes: 0 });
  });

  it('leaves no build unattended when another height is wrong', async () => {
    const counted = new OctopusEngine(new CountingKernel(openAddon()));
    await expect(counted.prepare(HEIGHT, -1)).rejects.toThrow(RangeError);
    // The build fails now; a rejection that nobody handles would fail the run.
    await counted.close();
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('builds the next stage unasked when its time comes, and once', async () => {
    const kernel = new CountingKernel(openAddon());
    const counted = new OctopusEngine(kernel);
    await counted.hash(header, 1n, STAGE_LENGTH - 20_001);
    expect(kernel.built).toEqual([0]);
    await counted.hash(header, 1n, STAGE_LENGTH - 20_000);
    await counted.hash(header, 1n, STAGE_LENGTH - 1);
    await counted.prepare(STAGE_LENGTH);
    expect(kernel.built).toEqual([0, 1]);
    expect(kernel.ahead).toEqual([1]);
    expect(counted.stats()).toMatchObject({ stages: [0, 1], building: [] });
    await counted.close();
  });

  it('builds several stages side by side, each as if alone', async () => {
    const kernel = new CountingKernel(openAddon());
    const bulk = new OctopusEngine(kernel);
    await bulk.prepare(0, STAGE_LENGTH, 2 * STAGE_LENGTH);
    expect(kernel.built).toEqual([0, 1, 2]);
    for (const height of [0, STAGE_LENGTH, 2 * STAGE_LENGTH]) {
      expect(await bulk.hash(header, 7n, height)).toEqual(await engine.hash(header, 7n, height));
    }
    await bulk.close();
  });

  it('keeps them in a folder, so that the next engine need not build', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'octopus-caches-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const first = loadOctopus({ engine: 'native', cacheFolder: join(folder, 'new') }).engine;
    const hash = await first.hash(header, 1n, HEIGHT);
    // The file is written after the cache is handed out.
    await vi.waitFor(async () => {
      expect(await readdir(join(folder, 'new'))).toEqual(['octopus-light-0.cache']);
    });
    await first.close();
    const second = loadOctopus({ engine: 'native', cacheFolder: join(folder, 'new') }).engine;
    expect(await second.hash(header, 1n, HEIGHT)).toEqual(hash);
    await second.close();
  });

  it('says why a cache could not be kept, and hashes all the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'octopus-caches-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'file'), '');
    const kept = loadOctopus({ engine: 'native', cacheFolder: join(folder, 'file') }).engine;
    expect(await kept.hash(header, 1n, HEIGHT)).toHaveLength(32);
    await vi.waitFor(() => expect(kept.stats().fileProblem).toMatch(/cannot create .*octopus-light-0/));
    await kept.close();
  });

  it('hashes at one stage while the cache of another is built', async () => {
    let built = false;
    const building = engine.prepare(9 * STAGE_LENGTH).then(() => (built = true));
    await engine.hash(header, 1n, HEIGHT);
    expect(built).toBe(false);
    await building;
  });
});

describe('close', () => {
  it('ends a search, settles a hash, and refuses calls from then on', async () => {
    const closed = loadOctopus({ engine: 'native' }).engine;
    await closed.prepare(HEIGHT);
    const other = {};
    const endless = {
      headerHash: header,
      height: HEIGHT,
      start: 0n,
      count: Number.MAX_SAFE_INTEGER,
      boundary: 1n,
    };
    const searching = expect(closed.search(endless)).rejects.toThrow('closed');
    const hashing = closed.hash(header, 0n, HEIGHT, other).then(
      (hash) => expect(hash).toHaveLength(32),
      (error: unknown) => expect(String(error)).toContain('closed'),
    );
    await closed.close();
    await searching;
    await hashing;
    await expect(closed.hash(header, 0n, HEIGHT)).rejects.toThrow('closed');
    await expect(closed.prepare(HEIGHT)).rejects.toThrow('closed');
    await expect(closed.verifyBatch(new Uint8Array(VERIFY_ITEM_BYTES))).rejects.toThrow('closed');
    await closed.close();
  });
});

describe('verifyBatch', () => {
  const hashes: Uint8Array[] = [];
  beforeAll(async () => {
    for (let nonce = 0n; nonce < 40n; nonce++) hashes.push(await engine.hash(header, nonce, HEIGHT));
  });

  function pack(rows: readonly { nonce: bigint; boundary: bigint; height?: number }[]): Buffer {
    return Buffer.concat(
      rows.map(({ nonce, boundary, height = HEIGHT }) => {
        const tail = Buffer.alloc(8);
        tail.writeBigUInt64LE(BigInt(height));
        const [nonceBytes, boundaryBytes] = [nonce, boundary].map((number) =>
          Buffer.from(number.toString(16).padStart(64, '0'), 'hex'),
        );
        return Buffer.concat([header, nonceBytes!, boundaryBytes!, tail]);
      }),
    );
  }
  const unpack = (results: Uint8Array) =>
    Array.from({ length: results.length / VERIFY_RESULT_BYTES }, (_, i) => {
      const result = results.subarray(i * VERIFY_RESULT_BYTES, (i + 1) * VERIFY_RESULT_BYTES);
      return { verdict: result[0], hash: result.slice(1) };
    });

  it('judges at the boundary exactly, below it or not', async () => {
    const rows = hashes.flatMap((hash, i) => [
      { nonce: BigInt(i), boundary: numberOf(hash) },
      { nonce: BigInt(i), boundary: numberOf(hash) + 1n },
    ]);
    const results = unpack(await engine.verifyBatch(pack(rows)));
    expect(results.map(({ verdict }) => verdict)).toEqual(hashes.flatMap(() => [0, 1]));
    expect(results.filter((_, i) => i % 2 === 0).map(({ hash }) => hash)).toEqual(hashes);
  });

  it("subtracts the nonce's lower bound, modulo 2^256, and takes all at difficulty 1", async () => {
    const max = 2n ** 256n - 1n;
    const lower = 1n << 200n;
    const distance = BigInt.asUintN(256, numberOf(hashes[3]!) - lower);
    const above = numberOf(hashes[3]!) + (1n << 128n);
    const bound = above - (above % (1n << 128n));
    const wrapped = BigInt.asUintN(256, numberOf(hashes[3]!) - bound);
    const rows = [
      { nonce: 3n + lower, boundary: distance },
      { nonce: 3n + lower, boundary: distance + 1n },
      // Bit 255 and bits 64 to 127 are no part of it.
      { nonce: 3n + (1n << 255n) + (7n << 64n), boundary: numberOf(hashes[3]!) + 1n },
      { nonce: 3n + (1n << 255n) + (7n << 64n), boundary: numberOf(hashes[3]!) },
      ...(bound < 1n << 255n
        ? [
            { nonce: 3n + bound, boundary: wrapped },
            { nonce: 3n + bound, boundary: wrapped + 1n },
          ]
        : []),
      { nonce: 3n + (1n << 255n) - (1n << 128n), boundary: max },
      { nonce: 3n, boundary: 0n },
    ];
    const verdicts = unpack(await engine.verifyBatch(pack(rows))).map(({ verdict }) => verdict);
    expect(verdicts).toEqual(bound < 1n << 255n ? [0, 1, 1, 0, 0, 1, 1, 0] : [0, 1, 1, 0, 1, 0]);
  });

  it('takes heights of several stages, each judged with its own cache', async () => {
    const heights = [HEIGHT, STAGE_LENGTH, HEIGHT + 1, STAGE_LENGTH + 5, STAGE_LENGTH - 1];
    const rows = heights.map((height, i) => ({ nonce: BigInt(i), boundary: 1n, height }));
    const results = unpack(await engine.verifyBatch(pack(rows)));
    for (const [i, height] of heights.entries()) {
      expect(results[i]!.hash).toEqual(await engine.hash(header, BigInt(i), height));
    }
    expect(results[0]!.hash).not.toEqual(await engine.hash(header, 0n, STAGE_LENGTH));
  });

  it('takes none, and does not see what the caller does with its buffer afterwards', async () => {
    expect(await engine.verifyBatch(new Uint8Array(0))).toHaveLength(0);
    const items = pack([{ nonce: 1n, boundary: 1n, height: 2 * STAGE_LENGTH }]);
    const expected = engine.verifyBatch(Buffer.from(items));
    const running = engine.verifyBatch(items);
    items.fill(0);
    expect(await running).toEqual(await expected);
  });

  it('refuses what is not whole items, too many, or of a height that cannot be', async () => {
    await expect(engine.verifyBatch(new Uint8Array(1))).rejects.toThrow(TypeError);
    await expect(engine.verifyBatch(new Uint8Array(VERIFY_ITEM_BYTES * 16_385))).rejects.toThrow(RangeError);
    for (const wrong of ['', 'x', 5, {}, [], new Map(), Array<string>(104).fill('1')]) {
      await expect(engine.verifyBatch(wrong as unknown as Uint8Array)).rejects.toThrow(TypeError);
    }
    const items = pack([{ nonce: 1n, boundary: 1n, height: MAX_HEIGHT + 1 }]);
    await expect(engine.verifyBatch(items)).rejects.toThrow(RangeError);
  });
});

describe('a full queue', () => {
  it('answers at once, and lets callers with little in it displace those with much', async () => {
    const small = loadOctopus({ engine: 'native', threads: 1, queue: 8 }).engine;
    await small.prepare(HEIGHT);
    const flooder = {};
    const flood = Array.from({ length: 200 }, (_, i) => small.hash(header, BigInt(i), HEIGHT, flooder));
    const honest = small.hash(header, 500n, HEIGHT, {});
    const outcomes = await Promise.allSettled(flood);
    expect(await honest).toEqual(await engine.hash(header, 500n, HEIGHT));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.length).toBeGreaterThan(100);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(EngineBusyError);
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') {
        expect(outcome.value).toEqual(await engine.hash(header, BigInt(i), HEIGHT));
      }
    }
    expect(small.stats()).toMatchObject({ queued: 0, running: 0, threads: 1 });
    await small.close();
  });
});
