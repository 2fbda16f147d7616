import { expect, it } from 'vitest';
import { Backoff } from './backoff.js';

it('doubles up to its cap, with jitter, and starts afresh after a reset', () => {
  const backoff = new Backoff({ firstMs: 100, maxMs: 1000 });
  const within = (ms: number): void => {
    const next = backoff.nextMs();
    expect(next).toBeGreaterThanOrEqual(ms / 2);
    expect(next).toBeLessThanOrEqual(ms);
  };
  [100, 200, 400, 800, 1000, 1000, 1000].forEach(within);
  backoff.reset();
  within(100);
});
