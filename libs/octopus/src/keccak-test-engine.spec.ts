import { describe, expect, it } from 'vitest';
import { openPow } from './open-pow.js';

describe('keccak-test engine', () => {
  const headerHash = new Uint8Array(32).fill(7);
  const { engine } = openPow('keccak-test');

  it('finds the first nonce below a boundary, across 2^64', async () => {
    const start = 2n ** 64n - 5n;
    const { tried, found } = await engine.search({
      headerHash,
      height: 0,
      start,
      count: 5000,
      boundary: 2n ** 252n,
    });
    expect(found?.nonce).toBe(BigInt.asUintN(64, start + BigInt(tried - 1)));
    expect(found?.hash).toEqual(await engine.hash(headerHash, found?.nonce ?? 0n, 0));
    expect(found?.hash[0]).toBeLessThan(16);
  });

  it('says how many it tried when it finds none, and rejects when closed', async () => {
    const request = { headerHash, height: 0, start: 0n, count: 300, boundary: 1n };
    expect(await engine.search(request)).toEqual({ tried: 300 });
    await engine.close();
    await expect(engine.search(request)).rejects.toThrow('closed');
  });
});
