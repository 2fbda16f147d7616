import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Vardiff } from './vardiff.js';

const intervalMs = 10_000;
const options = { intervalMs, minDifficulty: 1024n, startDifficulty: 100_000_000n };
const HOUR = 3600;
const SEEDS = Array.from({ length: 20 }, (_, seed) => seed + 1);

/** Mulberry32: uniform numbers in 0 to 1 from a seed. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Rig {
  readonly seconds: number;
  readonly seed: number;
  /** Hashes per second at a time in seconds. */
  readonly speed: (second: number) => number;
  readonly start?: bigint;
  readonly networkDifficulty?: number;
  /** From a change to the first share of it. */
  readonly delayMs?: number;
}

/** A rig that finds shares as chance does (exponential gaps), and a tick each second. Times are in seconds. */
function mine({ seconds, seed, speed, start, networkDifficulty = Infinity, delayMs = 0 }: Rig) {
  const random = uniform(seed);
  const vardiff = new Vardiff({ ...options, startDifficulty: start ?? options.startDifficulty }, 0);
  const asked = () => Math.min(Number(vardiff.difficulty), networkDifficulty);
  const shares: number[] = [];
  const changes: { at: number; exponent: number }[] = [];
  const onWay: { from: number; difficulty: number }[] = [];
  let difficulty = asked();
  const note = (now: number) => {
    changes.push({ at: now / 1000, exponent: Math.log2(Number(vardiff.difficulty)) });
    onWay.push({ from: now + delayMs, difficulty: asked() });
  };
  for (let second = 0; second < seconds; second++) {
    const end = (second + 1) * 1000;
    for (let now = second * 1000; now < end;) {
      while (onWay[0] && onWay[0].from <= now) ({ difficulty } = onWay.shift()!);
      // Chance has no memory: what a change or the second's end cuts off is drawn again.
      const found = now - (Math.log(1 - random()) * difficulty * 1000) / speed(second);
      const cut = Math.min(onWay[0]?.from ?? end, end);
      now = Math.min(found, cut);
      if (found >= cut) continue;
      shares.push(now / 1000);
      if (vardiff.onShare(difficulty, now)) note(now);
    }
    if (vardiff.onTick(end)) note(end);
  }
  return { vardiff, shares, changes };
}

type Mined = ReturnType<typeof mine>;

/** Mean time between shares in a span, as a multiple of the aim. */
function meanInterval({ shares }: Mined, from: number, to: number): number {
  return (to - from) / (shares.filter((at) => at >= from && at < to).length * (intervalMs / 1000));
}

/** When the difficulty came within x1.68 of the right one to stay there. */
function settledAt({ changes }: Mined, speed: number, start = options.startDifficulty): number {
  const right = Math.log2((speed * intervalMs) / 1000);
  const off = (exponent: number) => Math.abs(exponent - right) > 0.75;
  const first = { at: 0, exponent: Math.floor(Math.log2(Number(start))) };
  return [first, ...changes].reduce((settled, { exponent }, i, all) => {
    if (off(exponent)) return Infinity;
    return i > 0 && off(all[i - 1]!.exponent) ? changes[i - 1]!.at : settled;
  }, 0);
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const exponentOf = ({ difficulty }: Vardiff) => difficulty.toString(2).length - 1;

describe('a steady rig', () => {
  it.each([
    { name: '1 kH/s', speed: 1e3, medianS: 500, maxS: 900 },
    { name: '1 MH/s', speed: 1e6, medianS: 150, maxS: 600 },
    { name: '100 MH/s', speed: 1e8, medianS: 120, maxS: 600 },
    { name: '10 GH/s', speed: 1e10, medianS: 60, maxS: 300 },
    { name: '10 GH/s whose jobs come late', speed: 1e10, medianS: 120, maxS: 300, delayMs: 5000 },
  ])('$name: is on its step in minutes and stays there', ({ speed, medianS, maxS, delayMs = 0 }) => {
    const settled: number[] = [];
    let late = 0;
    for (const seed of SEEDS) {
      const mined = mine({ seconds: 2 * HOUR, seed, speed: () => speed, delayMs });
      settled.push(settledAt(mined, speed));
      late += mined.changes.filter(({ at }) => at > HOUR / 2).length;
      const mean = meanInterval(mined, HOUR / 2, 2 * HOUR);
      expect(mean).toBeGreaterThan(0.6);
      expect(mean).toBeLessThan(1.6);
    }
    expect(median(settled)).toBeLessThan(medianS);
    expect(Math.max(...settled)).toBeLessThan(maxS);
    expect(late / SEEDS.length / 1.5).toBeLessThan(6);
  });

  it('changes less than six times an hour, also between two steps', () => {
    for (let sixteenth = 0; sixteenth < 16; sixteenth++) {
      const speed = 2 ** (30 + sixteenth / 16) / (intervalMs / 1000);
      const mined = mine({ seconds: 50 * HOUR, seed: sixteenth, speed: () => speed, start: 1n << 30n });
      expect(mined.changes.length / 50).toBeLessThan(6);
      expect(meanInterval(mined, 0, 50 * HOUR)).toBeGreaterThan(0.6);
      expect(meanInterval(mined, 0, 50 * HOUR)).toBeLessThan(1.6);
    }
  });
});

describe('a rig that changes', () => {
  it.each([
    { delayMs: 1, most: 120 },
    { delayMs: 200, most: 5000 },
  ])('floods with at most $most shares when jobs take $delayMs ms', ({ delayMs, most }) => {
    for (const seed of SEEDS) {
      const { shares } = mine({ seconds: 60, seed, speed: () => 1e10, start: 1_000_000n, delayMs });
      expect(shares.length).toBeLessThan(most);
    }
  });

  it('is followed when its speed drops to a tenth', () => {
    const settled = SEEDS.map((seed) => {
      const speed = (second: number) => (second < HOUR ? 1e8 : 1e7);
      const mined = mine({ seconds: 2 * HOUR, seed, speed });
      expect(meanInterval(mined, 1.5 * HOUR, 2 * HOUR)).toBeGreaterThan(0.6);
      expect(meanInterval(mined, 1.5 * HOUR, 2 * HOUR)).toBeLessThan(1.6);
      return settledAt(mined, 1e7) - HOUR;
    });
    expect(median(settled)).toBeLessThan(700);
    expect(Math.max(...settled)).toBeLessThan(1200);
  });

  it('gets easier shares down to the minimum when it stops, and is followed when it comes back', () => {
    for (const seed of SEEDS) {
      const speed = (second: number) => (second < HOUR / 2 || second >= 200 * HOUR ? 1e8 : 0);
      const mined = mine({ seconds: 201 * HOUR, seed, speed });
      expect(mined.changes.find(({ exponent }) => exponent === 10)!.at).toBeLessThan(0.9 * HOUR);
      expect(settledAt(mined, 1e8)).toBeLessThan(200.25 * HOUR);
    }
  });

  it('does not have to make up for a silence at the minimum', () => {
    const vardiff = new Vardiff({ ...options, startDifficulty: 1024n }, 0);
    for (let second = 1; second < 10 * HOUR; second++) expect(vardiff.onTick(second * 1000)).toBe(false);
    let shares = 1;
    while (!vardiff.onShare(1024, (10 * HOUR + shares) * 1000)) shares++;
    expect(shares).toBeLessThan(30);
  });

  it('loses nothing for a time without work', () => {
    const vardiff = new Vardiff(options, 0);
    for (let hour = 1; hour <= 100; hour++) {
      for (let share = 0; share < 10; share++) {
        const now = hour * 3_600_000 + share * intervalMs;
        expect(vardiff.onTick(now)).toBe(false);
        expect(vardiff.onShare(Number(vardiff.difficulty), now)).toBe(false);
      }
    }
  });
});

it('estimates right when the network asks for far less, and does not run away', () => {
  for (const seed of SEEDS) {
    const mined = mine({ seconds: 2 * HOUR, seed, speed: () => 1e6, networkDifficulty: 2 ** 16 });
    expect(mined.changes.filter(({ at }) => at > HOUR / 2).length).toBeLessThan(4);
    expect([23, 24]).toContain(exponentOf(mined.vardiff));
  }
});

describe('the first difficulty', () => {
  const first = (minDifficulty: bigint, startDifficulty: bigint, resumeFrom?: number) =>
    new Vardiff({ intervalMs, minDifficulty, startDifficulty }, 0, resumeFrom).difficulty;

  it('is the start rounded down, and no less than the minimum rounded up', () => {
    expect(first(1n, 1n)).toBe(1n);
    expect(first(1n, 100n)).toBe(64n);
    expect(first(1n, 128n)).toBe(128n);
    expect(first(1024n, 1n)).toBe(1024n);
    expect(first(1025n, 1n)).toBe(2048n);
    expect(first(1025n, 2047n)).toBe(2048n);
    expect(first(1n, 1n << 255n)).toBe(1n << 200n);
  });

  it('suits the speed that is known, where one is', () => {
    expect(first(1n, 1n, 1e8)).toBe(1n << 30n);
    expect(first(1n, 1n << 40n, 1e8)).toBe(1n << 30n);
    expect(first(1n << 35n, 1n, 1e8)).toBe(1n << 35n);
    for (const unknown of [0, -1, NaN]) expect(first(1n, 64n, unknown)).toBe(64n);
    expect(first(1n, 64n, 1e-9)).toBe(1n);
    expect(first(1n, 64n, Infinity)).toBe(1n << 200n);
  });
});

it('keeps to powers of two, to its bounds and to bounded steps, whatever comes when', () => {
  const events = fc.array(
    fc.record({
      /** Also back in time. */
      afterMs: fc.integer({ min: -60_000, max: 600_000 }),
      /** Exponent of the share's difficulty; none for a tick. */
      share: fc.option(fc.double({ min: 0, max: 256, noNaN: true })),
    }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(fc.bigInt(1n, 1n << 40n), fc.bigInt(1n, 1n << 60n), events, (min, start, all) => {
      const vardiff = new Vardiff({ intervalMs, minDifficulty: min, startDifficulty: start }, 0);
      let now = 0;
      for (const { afterMs, share } of all) {
        const before = exponentOf(vardiff);
        now += afterMs;
        const changed = share === null ? vardiff.onTick(now) : vardiff.onShare(2 ** share, now);
        const step = exponentOf(vardiff) - before;
        expect(changed).toBe(step !== 0);
        expect(step).toBeGreaterThanOrEqual(-2);
        expect(step).toBeLessThanOrEqual(4);
        expect(vardiff.difficulty).toBe(1n << BigInt(exponentOf(vardiff)));
        expect(vardiff.difficulty).toBeGreaterThanOrEqual(min);
        expect(vardiff.difficulty).toBeLessThanOrEqual(1n << 200n);
      }
    }),
  );
});
