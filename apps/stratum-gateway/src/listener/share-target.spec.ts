import { expect, it } from 'vitest';
import { targetOfDifficulty, type ConfluxWork, type JobId } from '#libs/mining';
import { RETARGET_WAIT_MS } from '../limits.js';
import { ShareTarget } from './share-target.js';

const options = { intervalMs: 10_000, minDifficulty: 1024n, startDifficulty: 1n << 20n };
const START = targetOfDifficulty(1n << 20n);

/** A job as it is sent; the network asks for 1 where nothing else is said. */
function issue(target: ShareTarget, asked: bigint, networkTarget = 1n): void {
  target.onIssued({ id: '17' as JobId, sequence: 17, target: asked, work: { networkTarget } as ConfluxWork });
}

it('passes the network target through where there are no shares', () => {
  const target = new ShareTarget(undefined, 0);
  expect(target.for(77n)).toBe(77n);
  issue(target, 77n, 77n);
  expect([target.patienceMs, target.unnamed, target.tick(1e9, 77n)]).toEqual([undefined, 0n, false]);
});

it('is never harder than the network', () => {
  const target = new ShareTarget(options, 0);
  expect(target.for(1n)).toBe(START);
  expect(target.for(START + 1n)).toBe(START + 1n);
  issue(target, START + 1n, START + 1n);
  expect(target.patienceMs).toBeUndefined();
  issue(target, START);
  expect(target.patienceMs).toBe(300_000);
});

it('judges who names no job by the easier of the last two targets', () => {
  const target = new ShareTarget(options, 0);
  for (const issued of [100n, 100n, 50n]) issue(target, issued);
  expect(target.unnamed).toBe(100n);
  issue(target, 200n);
  expect(target.unnamed).toBe(200n);
  issue(target, 20n);
  issue(target, 30n);
  expect(target.unnamed).toBe(30n);
});

it('knows the targets that were issued lately, and no others', () => {
  const target = new ShareTarget(options, 0);
  for (let issued = 1n; issued <= 10n; issued++) issue(target, issued, 0n);
  expect([0n, 1n, 2n, 3n, 10n, 11n].map((each) => target.has(each))).toEqual([
    false,
    false,
    false,
    true,
    true,
    false,
  ]);
});

it('asks for a job of its own only when a change has waited', () => {
  const target = new ShareTarget(options, 0);
  issue(target, START);
  for (let share = 0; share < 40; share++) target.onShare(2 ** 20, 1000, 1n);
  const harder = target.for(1n);
  expect(harder).toBeLessThan(START);
  expect(target.tick(1000 + RETARGET_WAIT_MS - 1, 1n)).toBe(false);
  expect(target.tick(1000 + RETARGET_WAIT_MS, 1n)).toBe(true);
  // The network hides the change.
  expect(target.tick(1000 + RETARGET_WAIT_MS, START)).toBe(false);
  issue(target, harder);
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
  // A miner that was given another job already is told.
  issue(second, START);
  second.resume(hashrate, 3000);
  expect(second.tick(3000 + RETARGET_WAIT_MS, 1n)).toBe(true);
  // What its own shares say counts for more.
  second.onShare(2 ** 20, 2000, 1n);
  second.resume(1, 2000);
  expect(second.for(1n)).toBe(first.for(1n));
});

it('does not wait when shares come in a flood', () => {
  const target = new ShareTarget(options, 0);
  issue(target, START);
  const told = Array.from({ length: 20 }, () => target.onShare(2 ** 20, 1000, 1n));
  expect(told.indexOf(true)).toBeGreaterThan(10);
  expect(new ShareTarget(options, 0).onShare(2 ** 20, 1000, START)).toBe(false);
});
