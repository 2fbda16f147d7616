import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RecentMap } from './recent-map.js';

it('remembers the newest value of the last keys set, and at most twice as many', () => {
  const keys = fc.array(fc.nat(9), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), keys, (kept, set) => {
      const map = new RecentMap<number, number>(kept);
      const newestFirst = new Map<number, number>();
      set.forEach((key, value) => {
        map.set(key, value);
        newestFirst.delete(key);
        newestFirst.set(key, value);
        const known = [...newestFirst].toReversed();
        for (const [recent, newest] of known.slice(0, kept)) expect(map.get(recent)).toBe(newest);
        expect(known.filter(([any]) => map.get(any) !== undefined).length).toBeLessThanOrEqual(2 * kept);
      });
    }),
  );
});

it('never comes back to an older value', () => {
  const map = new RecentMap<string, number>(2);
  for (const key of ['a', 'b', 'c']) map.set(key, 1);
  map.set('a', 2);
  expect(map.get('a')).toBe(2);
  map.set('d', 1);
  map.set('e', 1);
  expect(map.get('a')).toBe(2);
  map.set('f', 1);
  expect([map.get('a'), map.get('b'), map.get('d')]).toEqual([undefined, undefined, 1]);
});
