import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BAN_OPTIONS, Bans, OFFENCES, type Offence } from './bans.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const RIG = '203.0.113.7';

/** When the address was banned, in ms after the start, if it was. */
function firstBan(
  bans: Bans,
  forMs: number,
  everyMs: number,
  act: (now: number, turn: number) => void,
): number | undefined {
  for (let now = 0, turn = 0; now < forMs; now += everyMs, turn += 1) {
    act(now, turn);
    if (bans.isBanned(RIG, now)) return now;
  }
  return undefined;
}

describe('Bans', () => {
  it('never bans a rig with three bad shares in ten', () => {
    for (const badFirst of [true, false]) {
      const bans = new Bans();
      const banned = firstBan(bans, 30 * MINUTE, SECOND / 10, (now, turn) => {
        if (badFirst ? turn % 10 < 3 : turn % 10 >= 7) bans.report(RIG, 'invalid-share', now);
        else bans.accepted(RIG, now);
      });
      expect(banned).toBeUndefined();
    }
  });

  it('bans a flood of wrong nonces within half a minute', () => {
    const bans = new Bans();
    const banned = firstBan(bans, MINUTE, 200, (now) => bans.report(RIG, 'invalid-share', now));
    expect(banned).toBeGreaterThan(15 * SECOND);
    expect(banned).toBeLessThan(30 * SECOND);
  });

  it('bans a flood that hides behind a few valid shares', () => {
    const bans = new Bans();
    const banned = firstBan(bans, 2 * MINUTE, 200, (now, turn) => {
      if (turn % 20 === 0) bans.accepted(RIG, now);
      else bans.report(RIG, 'invalid-share', now);
    });
    expect(banned).toBeDefined();
  });

  it('never bans a broken rig with a bad share in ten seconds', () => {
    const bans = new Bans();
    expect(
      firstBan(bans, 600 * MINUTE, 10 * SECOND, (now) => bans.report(RIG, 'invalid-share', now)),
    ).toBeUndefined();
  });

  it('bans ten wrong passwords in a minute, and not one an hour', () => {
    const bans = new Bans();
    expect(firstBan(bans, MINUTE, 6 * SECOND, (now) => bans.report(RIG, 'wrong-secret', now))).toBe(
      54 * SECOND,
    );
    const typos = new Bans();
    expect(
      firstBan(typos, 6000 * MINUTE, 60 * MINUTE, (now) => typos.report(RIG, 'wrong-secret', now)),
    ).toBeUndefined();
  });

  it('does not ban a farm of bad rigs for a typo, nor a typing farm for bad rigs', () => {
    const bans = new Bans();
    const banned = firstBan(bans, 10 * MINUTE, 20, (now, turn) => {
      if (turn % 5 === 0) bans.report(RIG, 'invalid-share', now);
      else bans.accepted(RIG, now);
      if (turn % 3000 === 2999) bans.report(RIG, 'wrong-secret', now);
    });
    expect(banned).toBeUndefined();
  });

  it('says what a ban is for, and bans for its time', () => {
    const bans = new Bans();
    const made: unknown[] = [];
    for (let turn = 0; turn < 20; turn += 1) made.push(bans.report('2001:db8::5', 'wrong-secret', 1000));
    const ban = {
      address: '2001:db8::/64',
      offence: 'wrong-secret',
      reason: OFFENCES['wrong-secret'].reason,
      since: 1000,
      until: 1000 + BAN_OPTIONS.banMs,
      hits: 8,
    };
    expect(made.filter((each) => each !== undefined)).toEqual([ban]);
    expect(bans.list(1000)).toEqual([ban]);
    expect(bans.isBanned('2001:db8::ffff', ban.until - 1)).toEqual(ban);
    expect(bans.isBanned('2001:db8:0:1::1', 1000)).toBeUndefined();
    expect(bans.list(ban.until)).toEqual([]);
    expect(bans.isBanned('2001:db8::ffff', ban.until)).toBeUndefined();
    expect(bans.report('2001:db8::5', 'wrong-secret', ban.until)).toBeUndefined();
  });

  it('lifts a ban, and begins again from nothing', () => {
    const bans = new Bans();
    const offend = () => bans.report('::ffff:203.0.113.7', 'oversize-line', 0);
    for (let turn = 0; turn < 4; turn += 1) expect(offend()).toBeUndefined();
    expect(offend()).toMatchObject({ address: RIG, hits: 5 });
    expect([bans.lift('203.0.113.8'), bans.lift(RIG), bans.lift(RIG)]).toEqual([false, true, false]);
    expect(bans.isBanned(RIG, 0)).toBeUndefined();
    expect(offend()).toBeUndefined();
    for (let turn = 0; turn < 5; turn += 1) bans.report('2001:db8::1', 'oversize-line', 0);
    expect(bans.lift('2001:db8::77')).toBe(true);
    for (let turn = 0; turn < 5; turn += 1) bans.report('2001:db8::1', 'oversize-line', 0);
    expect(bans.lift('2001:db8::/64')).toBe(true);
  });

  it('makes nothing of a clock that goes back', () => {
    const bans = new Bans();
    bans.report(RIG, 'wrong-secret', 1000 * MINUTE);
    expect(bans.report(RIG, 'wrong-secret', 0)).toBeUndefined();
  });

  it('keeps bans and high scores when strangers come in crowds, within its bounds', () => {
    const maxTracked = 100;
    const bans = new Bans({ ...BAN_OPTIONS, maxTracked });
    for (let turn = 0; turn < 8; turn += 1) bans.report(RIG, 'wrong-secret', 0);
    for (let turn = 0; turn < 7; turn += 1) bans.report('198.51.100.1', 'wrong-secret', 0);
    for (let stranger = 0; stranger < 5000; stranger += 1) {
      bans.report(`10.0.${stranger >> 8}.${stranger & 255}`, 'invalid-share', 1);
      expect(bans.tracked).toBeLessThanOrEqual(maxTracked);
    }
    expect(bans.isBanned(RIG, 1)).toBeDefined();
    expect(bans.report('198.51.100.1', 'wrong-secret', 1)).toBeDefined();
  });

  it('bans no more than its bound, and again as bans end', () => {
    const bans = new Bans({ ...BAN_OPTIONS, maxTracked: 3 });
    const offend = (host: number, now: number) => {
      let ban;
      for (let turn = 0; turn < 8; turn += 1) ban ??= bans.report(`10.0.0.${host}`, 'wrong-secret', now);
      return ban;
    };
    expect([1, 2, 3].map((host) => offend(host, host)?.address)).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      '10.0.0.3',
    ]);
    expect(offend(4, 5)).toBeUndefined();
    expect(bans.list(5)).toHaveLength(3);
    expect(offend(4, BAN_OPTIONS.banMs + 1)).toMatchObject({ address: '10.0.0.4' });
    expect(bans.list(BAN_OPTIONS.banMs + 1).map(({ address }) => address)).toEqual([
      '10.0.0.2',
      '10.0.0.3',
      '10.0.0.4',
    ]);
  });

  it('stays within its bounds and has finite scores whatever comes, on a clock that jumps', () => {
    const kinds = Object.keys(OFFENCES) as Offence[];
    const step = fc.tuple(
      fc.nat(30),
      fc.constantFrom<Offence | 'accepted'>(...kinds, 'accepted'),
      fc.integer({ min: -1e6, max: 1e6 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const bans = new Bans({ ...BAN_OPTIONS, maxTracked: 10 });
        for (const [host, what, now] of steps) {
          const address = `10.0.0.${host}`;
          if (what === 'accepted') bans.accepted(address, now);
          else {
            const ban = bans.report(address, what, now);
            if (ban) expect(bans.isBanned(address, now)).toBe(ban);
          }
          expect(bans.tracked).toBeLessThanOrEqual(10);
          expect(bans.list(-1e9).length).toBeLessThanOrEqual(10);
        }
      }),
    );
  });
});
