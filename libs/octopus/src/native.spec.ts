import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAddon, testAddon, type NativeCache, type NativeEngine } from './native.js';
import { packHash, VERIFY_RESULT_BYTES } from './packed.js';
import { octopusHash } from './reference/hash.js';
import { keccak256 } from './reference/keccak.js';
import { lightCacheFrom, type LightCache } from './reference/light-cache.js';

const addon = openAddon();
const [first = expect.unreachable()] = openEngines([addon.isas()[0]!]);
let cache: NativeCache;
let reference: LightCache;

/** Engines of one thread, each with the instruction set asked for. */
function openEngines(isas: readonly string[]): NativeEngine[] {
  return isas.map((isa) => addon.open(isa, 1, 256, false, '').engine);
}

async function hashWith(engine: NativeEngine, header: Uint8Array, nonce: bigint): Promise<Uint8Array> {
  return (await addon.verify(engine, cache, packHash(header, nonce), 0)).subarray(1);
}

beforeAll(async () => {
  cache = await addon.build(first, [0], false)[0]!;
  reference = lightCacheFrom(0, addon.cacheWords(cache));
});

afterAll(() => {
  addon.release(cache);
  addon.close(first);
});

function headerOf(...words: bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(words).buffer);
}

describe.each(addon.isas())('the addon against the reference, %s', (isa) => {
  const [engine = expect.unreachable()] = openEngines([isa]);
  afterAll(() => addon.close(engine));

  const P = 1032193n;
  const MAX_NONCE = 2n ** 64n - 1n;
  const nonces = [0n, 31n, 32n, MAX_NONCE - 31n, MAX_NONCE];
  const degenerate = [
    new Uint8Array(32),
    new Uint8Array(32).fill(0xff),
    // One of v0..v3 is 1, the others 0.
    ...[0, 8, 16, 24].map((at) => new Uint8Array(32).fill(1, at, at + 1)),
    // Every v is P - 2, so that h mod (P - 2) is 0.
    headerOf(P - 2n, P - 2n, P - 2n, P - 2n),
    // The exponents P - 2 and 2^14 * 9, of which the second has to lose most of its factors.
    headerOf(P - 3n, 147455n, 147455n, P - 3n),
    // The discriminant vanishes at v2, once with v2 = 2^64 - 1: see polynomial.spec.ts.
    headerOf(10n, 3n, 247702n, 0n),
    headerOf(316816n, 4n, 2n ** 64n - 1n, 0n),
  ];

  it.each(degenerate.map((header) => ({ header, hex: Buffer.from(header).toString('hex') })))(
    'header hash $hex',
    async ({ header }) => {
      for (const nonce of nonces) {
        expect(await hashWith(engine, header, nonce)).toEqual(octopusHash(reference, header, nonce));
      }
    },
  );

  it('random header hashes and nonces', async () => {
    const header = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const nonce = fc.bigInt({ min: 0n, max: MAX_NONCE });
    const agree = fc.asyncProperty(header, nonce, async (headerHash, n) => {
      expect(await hashWith(engine, headerHash, n)).toEqual(octopusHash(reference, headerHash, n));
    });
    await fc.assert(agree, { numRuns: 100 });
  });

  it('hashes that were asked for at once', async () => {
    const header = new Uint8Array(32).fill(9);
    const asked = Array.from({ length: 24 }, (_, i) => BigInt(i) << 40n);
    const hashes = await Promise.all(asked.map((nonce) => hashWith(engine, header, nonce)));
    expect(hashes).toEqual(asked.map((nonce) => octopusHash(reference, header, nonce)));
  });
});

describe('the addon', () => {
  it('keccak256 of every length that fits a block', () => {
    for (let length = 0; length < 136; length++) {
      const message = Uint8Array.from({ length }, (_, i) => 7 * i + length);
      expect(addon.keccak256(message), `length ${length}`).toEqual(keccak256(message));
    }
  });

  it('packed hashes of one call, more than are under way together', async () => {
    const header = new Uint8Array(32).fill(3);
    const nonces = Array.from({ length: 67 }, (_, i) => BigInt(i) * 31n);
    const items = Buffer.concat(nonces.map((nonce) => packHash(header, nonce)));
    const results = await addon.verify(first, cache, items, 1);
    for (const [i, nonce] of nonces.entries()) {
      const hash = results.subarray(i * VERIFY_RESULT_BYTES + 1, (i + 1) * VERIFY_RESULT_BYTES);
      expect(hash).toEqual(octopusHash(reference, header, nonce));
    }
  });

  it.each(addon.isas())('caches built side by side, %s', async (isa) => {
    const [engine = expect.unreachable()] = openEngines([isa]);
    const [, again = expect.unreachable()] = await Promise.all(addon.build(engine, [1, 0, 2], false));
    expect(
      Buffer.compare(Buffer.from(addon.cacheWords(again).buffer), Buffer.from(reference.words.buffer)),
    ).toBe(0);
    addon.close(engine);
  });
});

describe('wrong arguments to the addon', () => {
  const header = new Uint8Array(32);
  // What no typed caller can pass, the addon must refuse without crashing all the same.
  const untyped = addon as unknown as Record<string, (...given: unknown[]) => unknown>;

  it.each<[string, ...unknown[]]>([
    ['open'],
    ['open', '', '1', 1, false, ''],
    ['open', '', 1.5, 1, false, ''],
    ['verify'],
    ['verify', {}, {}, header, 0],
    ['verify', first, {}, header, 0],
    ['verify', first, first, header, 0],
    ['search', first, undefined, header, 0n, 1, header],
    ['release', 1],
    ['release', first],
    ['close', null],
    ['stats', {}],
    ['cacheWords', null],
    ['build'],
    ['build', first, 0, false],
    ['build', first, ['0'], false],
    ['build', first, [1.5], false],
    ['build', first, Array(65).fill(0), false],
    ['build', first, [0]],
    ['sizes', {}],
    ['keccak256'],
    ['keccak256', new Uint32Array(1)],
    ['keccak256', new Uint8Array(136)],
  ])('%s throws TypeError', (name, ...given) => {
    expect(() => untyped[name]!(...given)).toThrow(TypeError);
  });

  it.each([-1, 16129, 2 ** 32, Number.NaN])('stage %d throws RangeError', (stage) => {
    expect(() => addon.build(first, [0, stage], false)).toThrow(RangeError);
    expect(() => addon.sizes(stage)).toThrow(RangeError);
  });

  it.each([
    [0, 1],
    [257, 1],
    [1, 0],
    [1, 2 ** 20 + 1],
  ])('%d threads with a queue of %d throws RangeError', (threads, queue) => {
    expect(() => addon.open('', threads, queue, false, '')).toThrow(RangeError);
  });

  it('items, a caller, header, nonce, count or limit of the wrong kind', () => {
    expect(() => addon.verify(first, cache, new Uint8Array(103), 0)).toThrow(TypeError);
    expect(() => addon.verify(first, cache, new Uint8Array(104 * 16_385), 0)).toThrow(TypeError);
    expect(() => addon.verify(first, cache, new Uint8Array(104), -1)).toThrow(RangeError);
    expect(() => addon.search(first, cache, new Uint8Array(31), 0n, 1, header)).toThrow(TypeError);
    expect(() => addon.search(first, cache, header, -1n, 1, header)).toThrow(TypeError);
    expect(() => addon.search(first, cache, header, 2n ** 64n, 1, header)).toThrow(TypeError);
    expect(() => addon.search(first, cache, header, 0 as unknown as bigint, 1, header)).toThrow(TypeError);
    expect(() => addon.search(first, cache, header, 0n, -1, header)).toThrow(RangeError);
    expect(() => addon.search(first, cache, header, 0n, 1, new Uint8Array(33))).toThrow(TypeError);
  });

  it('a released cache, which a running hash may still use', async () => {
    const [released = expect.unreachable()] = await Promise.all(addon.build(first, [0], false));
    const running = addon.verify(first, released, packHash(header, 1n), 0);
    addon.release(released);
    addon.release(released);
    expect(() => addon.verify(first, released, packHash(header, 1n), 0)).toThrow('released');
    expect((await running).subarray(1)).toEqual(octopusHash(reference, header, 1n));
  });

  it('a closed engine, which answers that nothing was done', async () => {
    const [closed = expect.unreachable()] = openEngines(['']);
    addon.close(closed);
    addon.close(closed);
    expect((await addon.verify(closed, cache, packHash(header, 1n), 0))[0]).toBe(2);
    expect(await addon.search(closed, cache, header, 0n, 1, header)).toBeNull();
    await expect(addon.build(closed, [0], false)[0]).rejects.toThrow('no light cache of stage 0');
  });

  it('an engine that nobody holds or closes any more', async () => {
    const hashes = openEngines(['', '']).map((engine) => hashWith(engine, header, 1n));
    expect(await Promise.all(hashes)).toEqual(hashes.map(() => octopusHash(reference, header, 1n)));
  });
});

describe('opening the addon', () => {
  it('says where it looked', () => {
    expect(() => openAddon(['./nowhere/'])).toThrow(/nowhere/);
    expect(() => openAddon(['./reference/'])).toThrow(/No native build/);
  });

  it('refuses one that computes something wrong', () => {
    expect(() => testAddon({ ...addon, keccak256: () => new Uint8Array(32) })).toThrow(
      /self-test: keccak256/,
    );
    const truncated = (stage: number) => ({
      ...addon.sizes(stage),
      dataBytes: addon.sizes(stage).dataBytes % 2 ** 32,
    });
    expect(() => testAddon({ ...addon, sizes: truncated })).toThrow(/self-test: sizes of stage 286/);
  });
});
