/**
 * Who may come in and how much he may ask: places, bans and request rates, for all listeners together. It knows
 * addresses, not protocols.
 */
import { RecentMap } from '#libs/mining';
import type { GatewayEvents } from '../events.js';
import { CONNECT_BURST_S, KEPT_RATES, MENTION_MS } from '../limits.js';
import type { Limits } from '../limit-settings.js';
import { addressKey } from './address.js';
import { BAN_OPTIONS, Bans, type Ban, type Offence } from './bans.js';
import { Places, type Place } from './places.js';
import { TokenBucket } from './token-bucket.js';

/** One connection, as the gate sees it. */
export class Visit {
  /** Ends the connection with a reason; set by whoever holds it. */
  dismiss: (reason: string) => void = () => undefined;
  isEstablished = false;
  /** Its place is somebody else's. */
  hasLeft = false;
  private readonly own: TokenBucket;

  /** For the gatekeeper only. `shared` is spent together with the other strangers of the address. */
  constructor(
    private readonly gate: Gatekeeper,
    readonly address: string,
    readonly place: Place<Visit>,
    private readonly shared: TokenBucket | undefined,
    limits: Limits,
  ) {
    this.own = new TokenBucket(limits.requestsPerS, limits.requestBurst, Date.now());
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

  acceptedShare(): void {
    this.isEstablished = true;
    this.gate.acceptedShare(this);
  }

  leave(): void {
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
  private readonly banned: Bans;
  private readonly visits = new Set<Visit>();
  private readonly rates = new RecentMap<string, AddressRates>(KEPT_RATES);
  private mentions = { skipped: 0, at: -Infinity };

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
    this.banned = new Bans({ ...BAN_OPTIONS, banMs: limits.banS * 1000 });
  }

  /** Whether a newcomer is worth any work. If not, he is not even told. */
  mayKnock(address: string, now: number): boolean {
    return this.ratesOf(address, now)?.connects.take(now) ?? true;
  }

  /** A place for a newcomer, or why there is none. */
  arrive(address: string, now: number): Visit | { readonly refused: string } {
    // Somebody at a miner's address may have guessed; its rigs come back all the same.
    const ban = this.places.knows(address) ? undefined : this.banned.isBanned(address, now);
    if (ban) return this.refuse(`banned until ${new Date(ban.until).toISOString()} for ${ban.reason}`, now);
    const arrival = this.places.arrive(address);
    if (arrival.kind === 'refused') return this.refuse(arrival.reason, now);
    const displaced = arrival.displaced?.holder;
    displaced?.leave();
    displaced?.dismiss('the place is needed for others');
    const shared = this.ratesOf(address, now)?.requests;
    const visit = new Visit(this, address, arrival.place, shared, this.limits);
    arrival.place.holder = visit;
    this.visits.add(visit);
    return visit;
  }

  /** Called by visits. */
  leave(visit: Visit): void {
    visit.place.leave();
    this.visits.delete(visit);
  }

  /** Called by visits. */
  acceptedShare({ place, address }: Visit): void {
    place.established();
    this.banned.accepted(address, Date.now());
  }

  /** Called by visits. Bans the address if this was one offence too many. */
  offended(address: string, offence: Offence): void {
    if (!this.byAddress) return;
    const ban = this.banned.report(address, offence, Date.now());
    if (!ban) return;
    const until = new Date(ban.until).toISOString();
    this.events.emit({
      type: 'gate',
      level: 'warn',
      text: `${ban.address} is banned until ${until}: ${ban.reason}`,
    });
    for (const visit of this.visits) {
      if (!visit.isEstablished && addressKey(visit.address) === ban.address) {
        visit.leave();
        visit.dismiss(`banned until ${until} for ${ban.reason}`);
      }
    }
  }

  bans(): readonly Ban[] {
    return this.banned.list(Date.now());
  }

  /** False when the address is not banned. */
  lift(address: string): boolean {
    const lifted = this.banned.lift(address);
    if (lifted) this.events.emit({ type: 'gate', level: 'info', text: `the ban of ${address} was lifted` });
    return lifted;
  }

  /** A connection that ended before its first line. */
  failed(address: string, reason: string): void {
    this.mention(`a connection from ${address} came to nothing: ${reason}`, Date.now());
  }

  private refuse(reason: string, now: number): { readonly refused: string } {
    this.mention(`a connection was refused: ${reason}`, now);
    return { refused: reason };
  }

  /** One line in the log for however many of a while. */
  private mention(text: string, now: number): void {
    if (now - this.mentions.at < MENTION_MS) {
      this.mentions.skipped += 1;
      return;
    }
    const { skipped } = this.mentions;
    this.mentions = { skipped: 0, at: now };
    const more = skipped > 0 ? ` (${skipped} more before it)` : '';
    this.events.emit({ type: 'gate', level: 'warn', text: text + more });
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
