import { expect, it } from 'vitest';
import { Extranonces } from './extranonces.js';

it('gives each prefix to one at a time, the one returned longest ago first', () => {
  const prefixes = new Extranonces(1);
  const all = Array.from({ length: 256 }, () => prefixes.lease());
  expect(new Set(all).size).toBe(256);
  expect(all.every((prefix) => prefix !== undefined && prefix >= 0 && prefix < 256)).toBe(true);
  expect(prefixes.lease()).toBeUndefined();
  prefixes.giveBack(7);
  prefixes.giveBack(3);
  expect([prefixes.lease(), prefixes.lease(), prefixes.lease()]).toEqual([7, 3, undefined]);
});

it('has nothing to give where the protocol knows no extranonce', () => {
  const prefixes = new Extranonces(0);
  expect([prefixes.lease(), prefixes.lease()]).toEqual([0, 0]);
});
