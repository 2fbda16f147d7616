/**
 * Who may come in and how much he may ask: places, bans and request rates, for all listeners together. It knows
 * addresses, not protocols.
 */
import { RecentMap } from '#libs/mining';
import type { GatewayEvents } from '../events.js';
import { CONNECT_BURST_S, KEPT_RATES, MAX_WAITING_STRANGERS } from '../limits.js';
import type { Limits } from '../limit-settings.js';
import { addressKey } from './address.js';
import { BAN_OPTIONS, Bans, type Ban, type Offence } from './bans.js';
import { Mentions } from './mentions.js';
import { Places, type Place } from './places.js';
import { TokenBucket } from './token-bucket.js';
import { steadyNow } from '../clock.js';

/** One connection, as the gate sees it. */
export class Visit {
  /** Ends the connection with a reason; set by whoever holds it. */
  dismiss: (reason: string) => void = () => undefined;
  isEstablished = false;
  /** Its place is somebody else's. */
  hasLeft = false;
  private isWaiting = false;
  private hasShares = false;
  private readonly own: TokenBucket;

  /** For the gatekeeper only. `shared` is spent together with the other strangers of the address. */
  constructor(
    private readonly gate: Gatekeeper,
    readonly address: string,
    readonly place: Place<Visit>,
    private readonly shared: TokenBucket | undefined,
    limits: Limits,
  ) {
    this.own = new TokenBucket(limits.requestsPerS, limits.requestBurst, steadyNow());
  }

  /** Spends what that many requests cost, and says for how many milliseconds no more may be read. */
  spend(requests: number, now: number): number {
    const ownMs = this.own.spend(requests, now);
    if (this.isEstablished || !this.shared) return ownMs;
    return Math.max(ownMs, this.shared.spend(requests, now));
  }

  subscribed(): void {
    this.place.subscribed();
  }

  offended(offence: Offence): void {
    this.gate.offended(this.address, offence);
  }

  /** It knows the password, or had a share accepted. */
  establish(): void {
    this.isEstablished = true;
    this.place.established();
  }

  acceptedShare(): void {
    this.hasShares = true;
    this.establish();
    this.gate.acceptedShare(this.address);
  }

  /** Whether it is none of those that a ban is meant for. */
  isAbove(offence: Offence): boolean {
    return offence === 'invalid-share' ? this.hasShares : this.isEstablished;
  }

  /** Whether it may keep lines unread until it has a right to more; established miners always may. */
  mayWait(waits: boolean): boolean {
    if (waits === this.isWaiting) return true;
    if (waits && !this.isEstablished && !this.gate.hasRoomToWait) return false;
    this.isWaiting = waits;
    this.gate.countWaiting(waits ? 1 : -1);
    return true;
  }

  leave(): void {
    if (this.hasLeft) return;
    this.mayWait(false);
    this.hasLeft = true;
    this.gate.leave(this);
  }
}

/** What all strangers of an address share. */
interface AddressRates {
  readonly connects: TokenBucket;
  readonly requests: TokenBucket;
}

export class Gatekeeper {
  private readonly places: Places<Visit>;
  private readonly bansGiven: Bans;
  /** By what limits count by. */
  private readonly visits = new Map<string, Set<Visit>>();
  private waiting = 0;
  /** Addresses that had a share accepted; the places know those with the password, too. */
  private readonly miners = new RecentMap<string, true>(KEPT_RATES);
  private readonly rates = new RecentMap<string, AddressRates>(KEPT_RATES);
  private readonly refusals: Mentions;
  private readonly banned: Mentions;

  /** Without `byAddress` nothing counts by address, and nobody is banned. */
  constructor(
    private readonly limits: Limits,
    private readonly byAddress: boolean,
    private readonly events: GatewayEvents,
  ) {
    this.places = new Places({
      limits: {
        total: limits.connections,
        perAddress: limits.connectionsPerAddress,
        perSubnet: limits.connectionsPerSubnet,
        strangers: limits.strangers,
      },
      perAddressOff: !byAddress,
    });
    const warn = (text: string): void => events.emit({ type: 'gate', level: 'warn', text });
    this.refusals = new Mentions(warn);
    this.banned = new Mentions(warn);
    this.bansGiven = new Bans({ ...BAN_OPTIONS, banMs: limits.banS * 1000 });
  }

  /** Whether a newcomer is worth any work. If not, he is not even told. */
  mayKnock(address: string, now: number): boolean {
    return this.ratesOf(address, now)?.connects.take(now) ?? true;
  }

  /** A place for a newcomer, or why there is none. */
  arrive(address: string, now: number): Visit | { readonly refused: string } {
    const ban = this.bansGiven.isBanned(address, now);
    if (ban && !this.isExempt(address, ban)) {
      return this.refuse(`banned until ${new Date(ban.until).toISOString()} for ${ban.reason}`, now);
    }
    const arrival = this.places.arrive(address);
    if (arrival.kind === 'refused') return this.refuse(arrival.reason, now);
    const displaced = arrival.displaced?.holder;
    displaced?.leave();
    displaced?.dismiss('the place is needed for others');
    // Miners of a known address are not held up by what a stranger there has spent.
    const shared = this.places.knows(address) ? undefined : this.ratesOf(address, now)?.requests;
    const visit = new Visit(this, address, arrival.place, shared, this.limits);
    arrival.place.holder = visit;
    const key = addressKey(address);
    const neighbours = this.visits.get(key) ?? new Set();
    neighbours.add(visit);
    this.visits.set(key, neighbours);
    return visit;
  }

  /** Called by visits. */
  leave(visit: Visit): void {
    visit.place.leave();
    const key = addressKey(visit.address);
    const neighbours = this.visits.get(key);
    neighbours?.delete(visit);
    if (neighbours?.size === 0) this.visits.delete(key);
  }

  /** Called by visits: whether one more stranger may be kept waiting with what he has sent. */
  get hasRoomToWait(): boolean {
    return !this.byAddress || this.waiting < MAX_WAITING_STRANGERS;
  }

  /** Called by visits. */
  countWaiting(change: 1 | -1): void {
    this.waiting += change;
  }

  /** Called by visits. */
  acceptedShare(address: string): void {
    this.bansGiven.accepted(address, steadyNow());
    this.miners.set(addressKey(address), true);
  }

  /** Called by visits. Bans the address if this was one offence too many. */
  offended(address: string, offence: Offence): void {
    if (!this.byAddress) return;
    const now = steadyNow();
    const ban = this.bansGiven.report(address, offence, now);
    if (!ban) return;
    const until = new Date(ban.until).toISOString();
    this.banned.say(`${ban.address} is banned until ${until}: ${ban.reason}`, now);
    for (const visit of [...(this.visits.get(ban.address) ?? [])]) {
      if (visit.isAbove(offence)) continue;
      visit.leave();
      visit.dismiss(`banned until ${until} for ${ban.reason}`);
    }
  }

  bans(): readonly Ban[] {
    return this.bansGiven.list(steadyNow());
  }

  /** False when the address is not banned. */
  lift(address: string): boolean {
    const lifted = this.bansGiven.lift(address);
    if (lifted) this.events.emit({ type: 'gate', level: 'info', text: `the ban of ${address} was lifted` });
    return lifted;
  }

  /** A connection that ended before its first line. */
  failed(address: string, reason: string): void {
    this.refusals.say(`a connection from ${address} came to nothing: ${reason}`, steadyNow());
  }

  /** Somebody else at a miner's address may have guessed, or flooded; its rigs come back all the same. */
  private isExempt(address: string, { offence }: Ban): boolean {
    if (offence === 'invalid-share') return this.miners.get(addressKey(address)) ?? false;
    return this.places.knows(address);
  }

  private refuse(reason: string, now: number): { readonly refused: string } {
    this.refusals.say(`a connection was refused: ${reason}`, now);
    return { refused: reason };
  }

  private ratesOf(address: string, now: number): AddressRates | undefined {
    if (!this.byAddress) return undefined;
    const key = addressKey(address);
    const known = this.rates.get(key);
    if (known) return known;
    const { connectsPerS, addressRequestsPerS, addressRequestBurst } = this.limits;
    const rates = {
      connects: new TokenBucket(connectsPerS, connectsPerS * CONNECT_BURST_S, now),
      requests: new TokenBucket(addressRequestsPerS, addressRequestBurst, now),
    };
    this.rates.set(key, rates);
    return rates;
  }
}
