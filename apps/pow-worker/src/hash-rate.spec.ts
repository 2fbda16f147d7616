import { expect, it, onTestFinished, vi } from 'vitest';
import { HashRate } from './hash-rate.js';

it('is that of the last ten seconds', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let hashes = 0;
  const rate = new HashRate(() => hashes);
  expect(rate.perSecond).toBe(0);
  for (let second = 0; second < 30; second++) {
    hashes += 100;
    vi.advanceTimersByTime(1000);
  }
  expect(rate.perSecond).toBeCloseTo(100);
  vi.advanceTimersByTime(10_000);
  expect(rate.perSecond).toBe(0);
  rate.stop();
});
