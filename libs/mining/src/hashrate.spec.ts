import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HashrateMeter, poissonInterval, type Hashrates } from './hashrate.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Some time after 1970, at the edge of a bucket of each window. */
const START = 1_000_000 * 900_000;
const NOTHING = { hashesPerSecond: 0, low: 0, high: undefined, shares: 0 };

/** Marsaglia's xorshift32: uniform numbers between 0 and 1 from a seed. */
function uniform(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const each = ({ oneMinute, tenMinutes, day }: Hashrates) => [oneMinute, tenMinutes, day];

describe('poissonInterval', () => {
  // Garwood's limits, by bisection on the sum of the distribution.
  it.each([
    [0, 0, 3.6889],
    [1, 0.0253, 5.5716],
    [2, 0.2422, 7.2247],
    [5, 1.6235, 11.6683],
    [10, 4.7954, 18.3904],
    [100, 81.364, 121.6268],
    [1000, 938.973, 1063.9521],
  ])('of %d is exact within 0.6%%', (count, low, high) => {
    const found = poissonInterval(count);
    expect(Math.abs(found.low - low)).toBeLessThanOrEqual(low * 0.006);
    expect(Math.abs(found.high - high)).toBeLessThanOrEqual(high * 0.006);
  });
});

describe('the speed', () => {
  it('is work over time, in each window', () => {
    const meter = new HashrateMeter(START);
    for (let now = START + 2500; now < START + 30 * HOUR; now += 5000) meter.add(5e9, now);
    const rates = each(meter.read(START + 30 * HOUR));
    expect(rates.map(({ hashesPerSecond }) => hashesPerSecond)).toEqual([1e9, 1e9, 1e9]);
    expect(rates.map(({ shares }) => shares)).toEqual([11, 108, 16_560]);
  });

  it('is that of the time since the start, while that is short', () => {
    const meter = new HashrateMeter(START + 100);
    for (let second = 1; second <= 20; second++) meter.add(1e6, START + 100 + second * 1000);
    const rates = each(meter.read(START + 100 + 20_000));
    for (const { hashesPerSecond } of rates) expect(hashesPerSecond).toBe(1e6);
  });

  it('is not taken from the first milliseconds', () => {
    const meter = new HashrateMeter(START);
    meter.add(1e6, START);
    expect(meter.read(START).oneMinute.hashesPerSecond).toBe(1e6);
    expect(meter.read(START + 2000).oneMinute.hashesPerSecond).toBe(5e5);
  });

  it('forgets what is older than the window', () => {
    const meter = new HashrateMeter(START);
    meter.add(1e6, START + 1);
    const seen = (now: number) => each(meter.read(START + now)).map(({ shares }) => shares);
    expect(seen(MINUTE - 1)).toEqual([1, 1, 1]);
    expect(seen(MINUTE)).toEqual([0, 1, 1]);
    expect(seen(10 * MINUTE - 1)).toEqual([0, 1, 1]);
    expect(seen(10 * MINUTE)).toEqual([0, 0, 1]);
    expect(seen(24 * HOUR - 1)).toEqual([0, 0, 1]);
    expect(seen(24 * HOUR)).toEqual([0, 0, 0]);
  });

  it('counts nothing of before a gap, however long', () => {
    for (const gap of [MINUTE, 10 * MINUTE, 24 * HOUR, 1000 * HOUR]) {
      const meter = new HashrateMeter(START);
      for (let second = 1; second < 60; second++) meter.add(1e6, START + second * 1000);
      meter.add(1e6, START + MINUTE + gap);
      expect(meter.read(START + MINUTE + gap).oneMinute.shares).toBe(1);
      if (gap >= 24 * HOUR) expect(meter.read(START + MINUTE + gap).day.shares).toBe(1);
    }
  });
});

describe('the range', () => {
  it('is that of the count of shares', () => {
    const meter = new HashrateMeter(START);
    for (let share = 0; share < 10; share++) meter.add(3e6, START + 1);
    const { low, high } = meter.read(START + 50_000).oneMinute;
    expect(low / 6e4).toBeCloseTo(4.795, 2);
    expect(high! / 6e4).toBeCloseTo(18.39, 2);
  });

  it('is wide where one hard share is most of the work', () => {
    const meter = new HashrateMeter(START);
    for (let share = 0; share < 1000; share++) meter.add(1, START + 1);
    meter.add(1e6, START + 1);
    const { low, high, hashesPerSecond } = meter.read(START + 1000).day;
    expect(hashesPerSecond).toBe(1_001_000);
    expect(low / hashesPerSecond).toBeLessThan(0.03);
    expect(high! / hashesPerSecond).toBeGreaterThan(5.5);
  });

  it.each([
    { difficulties: 'one difficulty', easy: 2e6, hard: 2e6 },
    { difficulties: 'two difficulties', easy: 1e6, hard: 3e6 },
  ])('has the true speed in about 95 of 100 windows with shares of $difficulties', ({ easy, hard }) => {
    const random = uniform(7);
    const windows = 4000;
    const speed = (10 * (easy + hard)) / 2 / 50;
    let inside = 0;
    for (let i = 0; i < windows; i++) {
      const meter = new HashrateMeter(START);
      const gap = () => -Math.log(random()) * 5000;
      for (let now = gap(); now < 50_000; now += gap()) meter.add(random() < 0.5 ? easy : hard, START + now);
      const { low, high } = meter.read(START + 50_000).oneMinute;
      if (low <= speed && speed <= (high ?? 0)) inside++;
    }
    expect(inside / windows).toBeGreaterThan(0.94);
    expect(inside / windows).toBeLessThan(0.98);
  });
});

describe('without shares', () => {
  it('knows nothing before the first one', () => {
    const meter = new HashrateMeter(START);
    expect(meter.read(START + HOUR)).toEqual({ oneMinute: NOTHING, tenMinutes: NOTHING, day: NOTHING });
  });

  it('says what a silence at the last difficulty leaves possible', () => {
    const meter = new HashrateMeter(START);
    meter.add(1e6, START + 1);
    meter.add(2e6, START + 2);
    const { low, high, hashesPerSecond } = meter.read(START + HOUR).oneMinute;
    expect([low, hashesPerSecond]).toEqual([0, 0]);
    expect(high! / (3.6889 * 2e6)).toBeCloseTo(1 / 55, 3);
  });
});

it('is never negative or not a number, whatever the clock does', () => {
  const event = fc.record({ afterMs: fc.integer({ min: -20_000, max: 100_000_000 }), exponent: fc.nat(200) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 50 }), (events) => {
      const meter = new HashrateMeter(START);
      let now = START;
      events.forEach(({ afterMs, exponent }, i) => {
        now = Math.max(0, now + afterMs);
        meter.add(2 ** exponent, now);
        for (const at of [now, now - 10_000, now - 2 * MINUTE]) {
          const rates = meter.read(at);
          for (const { hashesPerSecond, low, high } of each(rates)) {
            expect(low).toBeGreaterThan(0);
            expect(low).toBeLessThan(hashesPerSecond);
            expect(high).toBeGreaterThan(hashesPerSecond);
            expect(high).toBeLessThan(Infinity);
          }
          expect(rates.oneMinute.shares).toBeLessThanOrEqual(rates.tenMinutes.shares);
          expect(rates.tenMinutes.shares).toBeLessThanOrEqual(rates.day.shares);
          expect(rates.day.shares).toBeLessThanOrEqual(i + 1);
        }
      });
    }),
  );
});
