import { describe, expect, it } from 'vitest';
import { describeSettings } from '#libs/settings';
import { DEFAULT_LIMITS, LimitSettings, readLimits } from './limit-settings.js';

describe('limits', () => {
  it('are the defaults unless the environment says otherwise', () => {
    expect(readLimits({})).toEqual(DEFAULT_LIMITS);
    expect(readLimits({ LIMIT_BATCH: '7' })).toEqual({ ...DEFAULT_LIMITS, batch: 7 });
  });

  it('have a default in their own range, and a reason', () => {
    for (const row of describeSettings(LimitSettings)) {
      const [, min, max] = /^(\d+) to (\d+)$/.exec(row.accepts) ?? expect.unreachable();
      expect(Number(row.default), row.name).toBeGreaterThanOrEqual(Number(min));
      expect(Number(row.default), row.name).toBeLessThanOrEqual(Number(max));
      expect(row.about.length, row.name).toBeGreaterThan(20);
    }
  });

  it.each(['0', '1001', '-1', '1.5', '1e2', 'many', '99999999999'])(
    'refuse %s where 1 to 1000 is accepted',
    (text) => {
      expect(() => readLimits({ LIMIT_BATCH: text })).toThrow(
        `LIMIT_BATCH = ${text} (not in range); accepted: 1 to 1000`,
      );
    },
  );
});
