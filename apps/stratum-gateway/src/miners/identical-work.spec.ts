import { expect, it } from 'vitest';
import { IdenticalWork } from './identical-work.js';

it('names a pair at the third hash, whoever is first, and once an hour', () => {
  const work = new IdenticalWork();
  expect(work.seen('a', 'b', 0)).toBe(false);
  expect(work.seen('b', 'a', 1)).toBe(false);
  expect(work.seen('a', 'c', 2)).toBe(false);
  expect(work.seen('a', 'b', 3)).toBe(true);
  expect(work.seen('a', 'b', 3_600_002)).toBe(false);
  expect(work.seen('a', 'b', 3_600_003)).toBe(true);
});
