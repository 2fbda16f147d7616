import { expect, it } from 'vitest';
import vectors from '../../../../test/vectors/octopus.json' with { type: 'json' };
import { MAX_HEIGHT, MAX_STAGE } from '../limits.js';
import { openAddon } from '../native.js';
import { STAGE_LENGTH } from './constants.js';
import { cacheBytes, dataBytes, seedHash, stageOf } from './sizes.js';

const addon = openAddon();

it.each(vectors.sizes)('stage, sizes and seed at height $height', (row) => {
  expect(stageOf(row.height)).toBe(row.stage);
  expect(cacheBytes(row.stage)).toBe(row.cacheBytes);
  expect(dataBytes(row.stage)).toBe(row.dataBytes);
  expect('0x' + Buffer.from(seedHash(row.stage)).toString('hex')).toBe(row.seedHash);
  expect(addon.sizes(row.stage)).toEqual({ cacheBytes: row.cacheBytes, dataBytes: row.dataBytes });
});

it('agrees with the addon up to the last stage', () => {
  for (let stage = 0; stage <= MAX_STAGE; stage += 1152) {
    expect(addon.sizes(stage)).toEqual({ cacheBytes: cacheBytes(stage), dataBytes: dataBytes(stage) });
  }
});

it('ends where a node index would no longer fit a word', () => {
  expect(MAX_STAGE).toBe(16128);
  expect(dataBytes(MAX_STAGE) / 64).toBeLessThanOrEqual(2 ** 32);
  expect(stageOf(MAX_HEIGHT)).toBe(MAX_STAGE);
  expect(MAX_HEIGHT + 1).toBe((MAX_STAGE + 1) * STAGE_LENGTH);
});

it.each([-1, 0.5, Number.NaN, Infinity, MAX_HEIGHT + 1])('refuses height %d', (height) => {
  expect(() => stageOf(height)).toThrow(RangeError);
});

it.each([-1, 0.5, Number.NaN, MAX_STAGE + 1])('refuses stage %d', (stage) => {
  expect(() => cacheBytes(stage)).toThrow(RangeError);
  expect(() => dataBytes(stage)).toThrow(RangeError);
  expect(() => seedHash(stage)).toThrow(RangeError);
});

it('refuses a height that is not a number', () => {
  expect(() => stageOf('1' as unknown as number)).toThrow(TypeError);
});
