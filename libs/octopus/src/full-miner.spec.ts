import { afterAll, describe, expect, it } from 'vitest';
import {
  DataSetCancelledError,
  DataSetMemoryError,
  FullMiner,
  type FullAddon,
  type FullFound,
} from './full-miner.js';
import { openAddon } from './native.js';
import { octopusHash } from './reference/hash.js';
import { lightCacheFrom } from './reference/light-cache.js';

const addon = openAddon();
const { engine } = addon.open('', 1, 1, false, '');
const [cache] = await Promise.all(addon.build(engine, [0], false));
const reference = { ...lightCacheFrom(0, addon.cacheWords(cache!)), pages: 8191 };
const PAGES = reference.pages;
const header = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 3);

describe.each(addon.isas())('a full miner on %s', (isa) => {
  const miner = new FullMiner({ threads: 2, isa });
  afterAll(() => miner.close());

  it('wants a data set first', () => {
    expect(miner.isa).toBe(isa);
    expect(miner.stage).toBeUndefined();
    expect(() => miner.setWork({ headerHash: header, boundary: 1n, start: 0n }, () => {})).toThrow(
      'no data set is ready',
    );
  });

  it('builds one with progress and finds what the reference hashes', async () => {
    const progress: number[] = [];
    await miner.build(0, { pages: PAGES, onProgress: ({ builtPages }) => progress.push(builtPages) });
    expect(progress.at(-1)).toBe(PAGES);
    expect(miner.stage).toBe(0);
    // The next one starts at nothing.
    progress.length = 0;
    await miner.build(0, { pages: PAGES, onProgress: ({ builtPages }) => progress.push(builtPages) });
    expect(progress[0]).toBe(0);
    expect(progress.at(-1)).toBe(PAGES);

    const boundary = 2n ** 246n;
    const start = 2n ** 64n - 1000n;
    const found = await firstFound(miner, { headerHash: header, boundary, start }, 3);
    for (const { nonce, hash } of found) {
      expect(Buffer.from(octopusHash(reference, header, nonce))).toEqual(Buffer.from(hash));
      expect(BigInt(`0x${Buffer.from(hash).toString('hex')}`)).toBeLessThan(boundary);
    }
    miner.pause();
    const hashes = miner.threadHashes();
    expect(hashes).toHaveLength(2);
    expect(Math.min(...hashes)).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(miner.threadHashes()).toEqual(hashes);
  });
});

describe('failures', () => {
  it('a build that is closed', async () => {
    const miner = new FullMiner({ threads: 1 });
    const built = miner.build(0, { pages: 4_000_000 });
    await expect(miner.build(1)).rejects.toThrow('another data set is being built');
    const began = performance.now();
    miner.close();
    miner.close();
    expect(performance.now() - began).toBeLessThan(2000);
    await expect(built).rejects.toThrow(DataSetCancelledError);
    await expect(miner.build(0)).rejects.toThrow(DataSetCancelledError);
  });

  it('too little memory, with numbers', async () => {
    const stage = 16128;
    const miner = new FullMiner({ threads: 1 });
    const { neededBytes, availableBytes } = miner.memoryFor(stage);
    expect(neededBytes).toBeGreaterThan(2 ** 38);
    if (availableBytes !== undefined) {
      const failed = expect(miner.build(stage)).rejects;
      await failed.toThrow(DataSetMemoryError);
      await expect(miner.build(stage)).rejects.toThrow(
        /^the data set of stage 16128 needs 256\.\d\d GiB of memory, there are \d+\.\d\d GiB$/,
      );
    }
    miner.close();
  });

  it.each<[keyof FullAddon, ...unknown[]]>([
    ['fullOpen', '', 0, true],
    ['fullOpen', 'nothing', 1, true],
    ['fullOpen', '', 1],
    ['fullMemory', -1],
    ['fullMemory', 16129],
    ['fullBuild', {}, 0, 0],
    ['fullStatus', undefined],
    ['fullWork', undefined, 0, header, header, 0n],
    ['fullPause', 1],
    ['fullTake', null],
    ['fullClose', {}],
  ])('%s refuses wrong arguments', (name, ...given) => {
    const untyped = addon as unknown as Record<string, (...given: unknown[]) => unknown>;
    expect(() => untyped[name]!(...given)).toThrow();
  });

  it('work with wrong arguments', async () => {
    const miner = new FullMiner({ threads: 1 });
    await miner.build(0, { pages: 101 });
    const work = { headerHash: header, boundary: 1n, start: 0n };
    for (const wrong of [
      { ...work, boundary: 0n },
      { ...work, boundary: 2n ** 256n },
      { ...work, start: 2n ** 64n },
      { ...work, headerHash: header.subarray(1) },
    ]) {
      expect(() => miner.setWork(wrong, () => {})).toThrow();
    }
    miner.close();
  });
});

function firstFound(
  miner: FullMiner,
  work: Parameters<FullMiner['setWork']>[0],
  count: number,
): Promise<FullFound[]> {
  return new Promise((resolve) => {
    const found: FullFound[] = [];
    miner.setWork(work, (one) => {
      found.push(one);
      if (found.length === count) resolve(found);
    });
  });
}
