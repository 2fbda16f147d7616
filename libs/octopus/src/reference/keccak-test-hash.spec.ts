import { expect, it } from 'vitest';
import vectors from '../../../../test/vectors/octopus.json' with { type: 'json' };
import { keccakTestHash } from './keccak-test-hash.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));

it.each(vectors.testMode)('test mode hash of nonce $nonce', ({ blockHash, nonce, powHash }) => {
  expect(keccakTestHash(bytes(blockHash), BigInt(nonce))).toEqual(bytes(powHash));
});

it('lets all 256 bits of the nonce enter', () => {
  const header = new Uint8Array(32);
  expect(keccakTestHash(header, 1n)).not.toEqual(keccakTestHash(header, 1n + 2n ** 64n));
  expect(keccakTestHash(header, 0n)).not.toEqual(keccakTestHash(header, 2n ** 255n));
  expect(keccakTestHash(header, 2n ** 256n - 1n)).toHaveLength(32);
});

it('refuses what is no header hash or no nonce', () => {
  expect(() => keccakTestHash(new Uint8Array(31), 0n)).toThrow(TypeError);
  expect(() => keccakTestHash(new Uint8Array(32), -1n)).toThrow(RangeError);
  expect(() => keccakTestHash(new Uint8Array(32), 2n ** 256n)).toThrow(RangeError);
  expect(() => keccakTestHash(new Uint8Array(32), 1 as unknown as bigint)).toThrow(TypeError);
});
