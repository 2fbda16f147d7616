import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAddon, testAddon, type NativeCache } from './native.js';
import { octopusHash } from './reference/hash.js';
import { keccak256 } from './reference/keccak.js';
import { lightCacheFrom, type LightCache } from './reference/light-cache.js';

const addon = openAddon();
let cache: NativeCache;
let reference: LightCache;

beforeAll(async () => {
  cache = await addon.build(0);
  reference = lightCacheFrom(0, addon.cacheWords(cache));
});

afterAll(() => addon.release(cache));

function headerOf(...words: bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(words).buffer);
}

describe('the addon against the reference', () => {
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
        expect(await addon.hash(cache, header, nonce)).toEqual(octopusHash(reference, header, nonce));
      }
    },
  );

  it('random header hashes and nonces', async () => {
    const header = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const nonce = fc.bigInt({ min: 0n, max: MAX_NONCE });
    const agree = fc.asyncProperty(header, nonce, async (headerHash, n) => {
      expect(await addon.hash(cache, headerHash, n)).toEqual(octopusHash(reference, headerHash, n));
    });
    await fc.assert(agree, { numRuns: 100 });
  });

  it('keccak256 of every length that fits a block', () => {
    for (let length = 0; length < 136; length++) {
      const message = Uint8Array.from({ length }, (_, i) => 7 * i + length);
      expect(addon.keccak256(message), `length ${length}`).toEqual(keccak256(message));
    }
  });

  it('hashes that were asked for at once', async () => {
    const header = new Uint8Array(32).fill(9);
    const asked = Array.from({ length: 24 }, (_, i) => BigInt(i) << 40n);
    const hashes = await Promise.all(asked.map((nonce) => addon.hash(cache, header, nonce)));
    expect(hashes).toEqual(asked.map((nonce) => octopusHash(reference, header, nonce)));
  });
});

describe('wrong arguments to the addon', () => {
  const header = new Uint8Array(32);
  // What no typed caller can pass, the addon must refuse without crashing all the same.
  const untyped = addon as unknown as Record<string, (...given: unknown[]) => unknown>;

  it.each<[string, ...unknown[]]>([
    ['hash'],
    ['hash', {}, header, 0n],
    ['search', undefined, header, 0n, 1, header],
    ['release', 1],
    ['cacheWords', null],
    ['build'],
    ['build', '0'],
    ['build', 1.5],
    ['sizes', {}],
    ['keccak256'],
    ['keccak256', new Uint32Array(1)],
    ['keccak256', new Uint8Array(136)],
  ])('%s throws TypeError', (name, ...given) => {
    expect(() => untyped[name]!(...given)).toThrow(TypeError);
  });

  it.each([-1, 16129, 2 ** 32, Number.NaN])('stage %d throws RangeError', (stage) => {
    expect(() => addon.build(stage)).toThrow(RangeError);
    expect(() => addon.sizes(stage)).toThrow(RangeError);
  });

  it('a header, nonce, count or limit of the wrong kind', () => {
    expect(() => addon.hash(cache, new Uint8Array(31), 0n)).toThrow(TypeError);
    expect(() => addon.hash(cache, header, -1n)).toThrow(TypeError);
    expect(() => addon.hash(cache, header, 2n ** 64n)).toThrow(TypeError);
    expect(() => addon.hash(cache, header, 0 as unknown as bigint)).toThrow(TypeError);
    expect(() => addon.search(cache, header, 0n, -1, header)).toThrow(RangeError);
    expect(() => addon.search(cache, header, 0n, 1, new Uint8Array(33))).toThrow(TypeError);
  });

  it('a released cache, which a running hash may still use', async () => {
    const released = await addon.build(0);
    const running = addon.hash(released, header, 1n);
    addon.release(released);
    addon.release(released);
    expect(() => addon.hash(released, header, 1n)).toThrow('released');
    expect(await running).toEqual(octopusHash(reference, header, 1n));
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
