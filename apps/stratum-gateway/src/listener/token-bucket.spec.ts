import { expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.js';

it('lets a burst through at once, then as much as flows in', () => {
  const bucket = new TokenBucket(10, 3, 0);
  expect([1, 1, 1, 1, 2].map((tokens) => bucket.spend(tokens, 0))).toEqual([0, 0, 0, 100, 300]);
  expect(bucket.spend(0, 200)).toBe(100);
  expect(bucket.spend(0, 300)).toBe(0);
  expect(bucket.spend(1, 400)).toBe(0);
});

it('holds no more than its burst, however long nobody asks', () => {
  const bucket = new TokenBucket(10, 3, 0);
  expect(bucket.spend(3, 1e9)).toBe(0);
  expect(bucket.spend(1, 1e9)).toBe(100);
});

it('takes nothing where there is nothing', () => {
  const bucket = new TokenBucket(1, 2, 0);
  expect([0, 0, 0, 500, 1000, 1000].map((now) => bucket.take(now))).toEqual([
    true,
    true,
    false,
    false,
    true,
    false,
  ]);
});

it('survives a clock that is set back', () => {
  const bucket = new TokenBucket(10, 1, 1000);
  expect(bucket.spend(1, 0)).toBe(0);
  expect(bucket.spend(1, 0)).toBe(100);
  expect(bucket.spend(0, 100)).toBe(0);
});

it("owes no more than a second's worth, whatever was spent", () => {
  const bucket = new TokenBucket(10, 3, 0);
  expect(bucket.spend(100_000, 0)).toBe(1000);
  expect(bucket.spend(1, 900)).toBe(200);
  expect(bucket.spend(0, 1100)).toBe(0);
});
