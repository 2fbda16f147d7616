/**
 * Who has offended so much that new connections of his address are not worth taking. Each offence has points, which
 * decay; at the threshold the address is banned for a while. Whom a ban hits is for the caller to say: not the
 * connections that mine.
 */
import { addressKey } from './address.js';

/**
 * Points of an offence, for a threshold of 100 and a half-life of a minute. One point every t seconds, for ever, adds up
 * to 1 / (1 - 2^(-t/60)): 9 points at one in ten seconds, 87 at one a second, 433 at five.
 *
 * Invalid shares count only while fewer than a tenth as many are accepted: a rig with three bad shares in ten is never
 * banned, nor a broken one with a bad share in ten seconds and no good one (9 points); five wrong nonces a second and
 * nothing else are, after 23 seconds.
 */
export const OFFENCES = {
  /** Ten spread over a minute add up to 101, eight at once to 112; a typo is forgotten. */
  'wrong-secret': { points: 14, reason: 'wrong passwords' },
  'invalid-share': { points: 1, reason: 'invalid shares and next to no valid one' },
  /** No miner sends them, but a browser or a scanner that tries a port five times is worth no more of it. */
  'oversize-line': { points: 20, reason: 'lines longer than any message' },
} as const;

export type Offence = keyof typeof OFFENCES;

/** Below this share of valid ones, invalid shares are no accident of an overclocked rig. */
const HONEST_ACCEPTED_SHARE = 0.1;

export interface Ban {
  /** IPv4, or an IPv6 /64. */
  readonly address: string;
  /** The one that was too many. */
  readonly offence: Offence;
  /** The same in words. */
  readonly reason: string;
  readonly since: number;
  readonly until: number;
  /** Offences that led to it. */
  readonly hits: number;
}

export interface BanOptions {
  readonly banMs: number;
  readonly threshold: number;
  readonly halfLifeMs: number;
  /** Addresses with points, and as many bans. */
  readonly maxTracked: number;
}

export const BAN_OPTIONS: BanOptions = {
  /** Long enough to make a search for passwords pointless, short enough for an operator who is asleep. */
  banMs: 600_000,
  threshold: 100,
  halfLifeMs: 60_000,
  /** About 3 MB of each. */
  maxTracked: 16_384,
};

/** Sums that decay. */
interface Score {
  points: number;
  invalid: number;
  accepted: number;
  hits: number;
  at: number;
}

export class Bans {
  /** Addresses that have offended and are not banned. */
  private readonly records = new Map<string, Score>();
  /** In the order of their ends. Apart from the records, so that no crowd of strangers pushes one out. */
  private readonly bans = new Map<string, Ban>();

  constructor(private readonly options: BanOptions = BAN_OPTIONS) {}

  /** Addresses that have points. */
  get tracked(): number {
    return this.records.size;
  }

  /** Times are in ms of any one clock. Gives the ban if this offence was one too many; offences during a ban are free. */
  report(ip: string, offence: Offence, now: number): Ban | undefined {
    const address = addressKey(ip);
    if (this.isBanned(address, now)) return undefined;
    const record = this.recordOf(address, now);
    record.hits += 1;
    if (offence === 'invalid-share') record.invalid += 1;
    else record.points += OFFENCES[offence].points;
    return this.score(record) < this.options.threshold ? undefined : this.ban(address, record, offence, now);
  }

  /** An accepted share. Remembered only beside offences: alone it needs no record. */
  accepted(ip: string, now: number): void {
    const record = this.records.get(addressKey(ip));
    if (!record) return;
    this.decay(record, now);
    record.accepted += 1;
  }

  isBanned(ip: string, now: number): Ban | undefined {
    const address = addressKey(ip);
    const ban = this.bans.get(address);
    if (!ban || ban.until > now) return ban;
    this.bans.delete(address);
    return undefined;
  }

  list(now: number): readonly Ban[] {
    return [...this.bans.values()].filter((ban) => ban.until > now);
  }

  /** Takes the address as it is listed, or any of it. False when it is not banned. */
  lift(ip: string): boolean {
    return this.bans.delete(addressKey(ip));
  }

  private score({ points, invalid, accepted }: Score): number {
    const accident = accepted >= invalid * HONEST_ACCEPTED_SHARE;
    return points + (accident ? 0 : invalid * OFFENCES['invalid-share'].points);
  }

  /** When all bans are taken, the ones there are stay: the offender is banned with an offence after the next has ended. */
  private ban(address: string, { hits }: Score, offence: Offence, now: number): Ban | undefined {
    const { banMs, maxTracked } = this.options;
    for (const [ended, { until }] of this.bans) {
      if (until > now) break;
      this.bans.delete(ended);
    }
    if (this.bans.size >= maxTracked) return undefined;
    const ban: Ban = {
      address,
      offence,
      reason: OFFENCES[offence].reason,
      since: now,
      until: now + banMs,
      hits,
    };
    this.bans.set(address, ban);
    this.records.delete(address);
    return ban;
  }

  private recordOf(address: string, now: number): Score {
    const known = this.records.get(address);
    if (known) {
      this.decay(known, now);
      return known;
    }
    if (this.records.size >= this.options.maxTracked) this.forgetLowest(now);
    const record: Score = { points: 0, invalid: 0, accepted: 0, hits: 0, at: now };
    this.records.set(address, record);
    return record;
  }

  private decay(record: Score, now: number): void {
    const factor = 2 ** -(Math.max(0, now - record.at) / this.options.halfLifeMs);
    record.points *= factor;
    record.invalid *= factor;
    record.accepted *= factor;
    record.at = now;
  }

  /** Half of them at once, of equals the oldest: one sweep of some milliseconds makes room for thousands of newcomers. */
  private forgetLowest(now: number): void {
    const scored = [...this.records].map(([address, record]) => {
      this.decay(record, now);
      return { address, score: record.points + record.invalid };
    });
    scored.sort((a, b) => a.score - b.score);
    for (const { address } of scored.slice(0, Math.ceil(scored.length / 2))) this.records.delete(address);
  }
}
