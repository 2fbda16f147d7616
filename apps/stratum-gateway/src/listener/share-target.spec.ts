import { expect, it } from 'vitest';
import { targetOfDifficulty } from '#libs/mining';
import { RETARGET_WAIT_MS } from '../limits.js';
import { ShareTarget } from './share-target.js';

const options = { intervalMs: 10_000, minDifficulty: 1024n, startDifficulty: 1n << 20n };
const START = targetOfDifficulty(1n << 20n);

it('passes the network target through where there are no shares', () => {
  const target = new ShareTarget(undefined, 0);
  expect(target.for(77n)).toBe(77n);
  target.onIssued(77n);
  expect([target.isShare, target.unnamed, target.tick(1e9, 77n)]).toEqual([false, 77n, false]);
});

it('is never harder than the network', () => {
  const target = new ShareTarget(options, 0);
  expect(target.for(1n)).toBe(START);
  expect(target.for(START + 1n)).toBe(START + 1n);
  target.onIssued(START + 1n);
  expect(target.isShare).toBe(false);
  target.onIssued(START);
  expect(target.isShare).toBe(true);
});

it('judges who names no job by the easier of the last two targets', () => {
  const target = new ShareTarget(options, 0);
  for (const issued of [100n, 100n, 50n]) target.onIssued(issued);
  expect(target.unnamed).toBe(100n);
  target.onIssued(200n);
  expect(target.unnamed).toBe(200n);
  target.onIssued(20n);
  target.onIssued(30n);
  expect(target.unnamed).toBe(30n);
});

it('asks for a job of its own only when a change has waited', () => {
  const target = new ShareTarget(options, 0);
  target.onIssued(START);
  for (let share = 0; share < 40; share++) target.onShare(2 ** 20, 1000, 1n);
  const harder = target.for(1n);
  expect(harder).toBeLessThan(START);
  expect(target.tick(1000 + RETARGET_WAIT_MS - 1, 1n)).toBe(false);
  expect(target.tick(1000 + RETARGET_WAIT_MS, 1n)).toBe(true);
  // The network hides the change.
  expect(target.tick(1000 + RETARGET_WAIT_MS, START)).toBe(false);
  target.onIssued(harder);
  expect(target.tick(1001 + RETARGET_WAIT_MS, 1n)).toBe(false);
});

it('takes up the speed of an earlier session', () => {
  const first = new ShareTarget(options, 0);
  expect(first.hashrate).toBeUndefined();
  for (let share = 0; share < 40; share++) first.onShare(2 ** 20, 1000, 1n);
  const { hashrate = expect.unreachable() } = first;
  const second = new ShareTarget(options, 2000);
  second.resume(hashrate, 2000);
  expect(second.for(1n)).toBe(first.for(1n));
  // What its own shares say counts for more.
  second.onShare(2 ** 20, 2000, 1n);
  second.resume(1, 2000);
  expect(second.for(1n)).toBe(first.for(1n));
});

it('does not wait when shares come in a flood', () => {
  const target = new ShareTarget(options, 0);
  target.onIssued(START);
  const told = Array.from({ length: 20 }, () => target.onShare(2 ** 20, 1000, 1n));
  expect(told.indexOf(true)).toBeGreaterThan(10);
  expect(new ShareTarget(options, 0).onShare(2 ** 20, 1000, START)).toBe(false);
});
