/**
 * Who may connect. Counts open connections in all, by address and by neighbourhood, and decides whose place a newcomer
 * gets when there is none left: miners never lose theirs, strangers do, those first that have said nothing. Closes
 * nothing itself. Constant time whatever comes, for a crowd comes when there is no time.
 */
import { RecentMap } from '#libs/mining';
import { addressKey, subnetKey } from './address.js';
import { Queue } from './queue.js';

/**
 * Addresses that are remembered for their accepted shares, at least; twice as many at most. Beyond any farm, below 3 MB.
 */
const KEPT_KNOWN = 8192;

export interface PlaceLimits {
  readonly total: number;
  /** Per IPv4 address, and per IPv6 /64. */
  readonly perAddress: number;
  /** Per IPv4 /24, and per IPv6 /48. Holds for strangers only, lest neighbours lock a farm out. */
  readonly perSubnet: number;
  /** Connections of addresses that are not known. */
  readonly strangers: number;
}

export interface PlacesOptions {
  readonly limits: PlaceLimits;
  /** All connections may come from one address (a balancer that names no client): only the total counts. */
  readonly perAddressOff?: boolean;
}

export type Arrival<Holder> =
  | {
      readonly kind: 'welcome';
      readonly place: Place<Holder>;
      /** Has lost its place to this one and is to be closed; it is counted no more. */
      readonly displaced?: Place<Holder>;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** The connections of an address that are open. */
interface Address<Holder> {
  readonly key: string;
  readonly subnet: string;
  open: number;
  readonly strangers: Set<Place<Holder>>;
}

/** waiting → subscribed → settled → left, each of them skippable. The first two are strangers. */
type PlaceState = 'waiting' | 'subscribed' | 'settled' | 'left';

/** One connection. `holder` is the caller's: what he closes when the place is displaced. */
export class Place<Holder> {
  holder: Holder | undefined;
  /** For Places only. */
  state: PlaceState = 'waiting';

  constructor(
    private readonly places: Places<Holder>,
    /** For Places only. */
    readonly from: Address<Holder>,
  ) {}

  subscribed(): void {
    if (this.state === 'waiting') this.places.move(this, 'subscribed');
  }

  /** A share of it was accepted, or it knew the secret. Its address is known from now on; to be said again with each share. */
  established(): void {
    this.places.settle(this);
  }

  /** The connection has ended. */
  leave(): void {
    if (this.state !== 'left') this.places.remove(this);
  }
}

export class Places<Holder> {
  private open = 0;
  private readonly addresses = new Map<string, Address<Holder>>();
  private readonly subnets = new Map<string, number>();
  private readonly strangers = {
    waiting: new Queue<Place<Holder>>(),
    subscribed: new Queue<Place<Holder>>(),
  };
  private readonly known: RecentMap<string, true>;

  constructor(
    private readonly options: PlacesOptions,
    keptKnown = KEPT_KNOWN,
  ) {
    this.known = new RecentMap(keptKnown);
  }

  /** For gauges, and for tests: all but the known addresses. */
  get counts(): { open: number; waiting: number; subscribed: number; addresses: number; subnets: number } {
    const { waiting, subscribed } = this.strangers;
    return {
      open: this.open,
      waiting: waiting.size,
      subscribed: subscribed.size,
      addresses: this.addresses.size,
      subnets: this.subnets.size,
    };
  }

  /** Whether a connection of the address has been established not too long ago. */
  knows(ip: string): boolean {
    return this.known.get(addressKey(ip)) !== undefined;
  }

  arrive(ip: string): Arrival<Holder> {
    const known = this.knows(ip);
    const reason = this.options.perAddressOff ? undefined : this.crowd(ip, known);
    if (reason !== undefined) return { kind: 'refused', reason };
    const full = this.fullFor(known);
    if (full === undefined) return { kind: 'welcome', place: this.add(ip, known) };
    const displaced = this.strangers.waiting.oldest ?? (known ? this.strangers.subscribed.oldest : undefined);
    if (!displaced) return { kind: 'refused', reason: full };
    this.remove(displaced);
    return { kind: 'welcome', place: this.add(ip, known), displaced };
  }

  /** Called by places. */
  move(place: Place<Holder>, to: PlaceState): void {
    if (place.state === 'waiting' || place.state === 'subscribed') this.strangers[place.state].delete(place);
    if (to === 'waiting' || to === 'subscribed') {
      this.strangers[to].add(place);
      place.from.strangers.add(place);
    } else place.from.strangers.delete(place);
    place.state = to;
  }

  /** Called by places. All connections of the address are a known one's from now on: each of them once. */
  settle({ from }: Place<Holder>): void {
    this.known.set(from.key, true);
    for (const stranger of this.addresses.get(from.key)?.strangers ?? []) this.move(stranger, 'settled');
  }

  /** Called by places. */
  remove(place: Place<Holder>): void {
    const { from } = place;
    this.move(place, 'left');
    this.open -= 1;
    from.open -= 1;
    if (from.open === 0) this.addresses.delete(from.key);
    const neighbours = (this.subnets.get(from.subnet) ?? 0) - 1;
    if (neighbours > 0) this.subnets.set(from.subnet, neighbours);
    else this.subnets.delete(from.subnet);
  }

  private crowd(ip: string, known: boolean): string | undefined {
    const { perAddress, perSubnet } = this.options.limits;
    const [address, subnet] = [addressKey(ip), subnetKey(ip)];
    if ((this.addresses.get(address)?.open ?? 0) >= perAddress)
      return `too many connections from ${address} (limit ${perAddress})`;
    if (!known && (this.subnets.get(subnet) ?? 0) >= perSubnet)
      return `too many connections from ${subnet} (limit ${perSubnet})`;
    return undefined;
  }

  /** Why somebody has to go before this one comes. */
  private fullFor(known: boolean): string | undefined {
    const { total, strangers } = this.options.limits;
    if (this.open >= total) return `too many connections (limit ${total})`;
    const { waiting, subscribed } = this.strangers;
    if (known || this.options.perAddressOff || waiting.size + subscribed.size < strangers) return undefined;
    return `too many connections of unknown addresses (limit ${strangers})`;
  }

  private add(ip: string, known: boolean): Place<Holder> {
    const key = addressKey(ip);
    const subnet = subnetKey(ip);
    const from = this.addresses.get(key) ?? { key, subnet, open: 0, strangers: new Set() };
    this.addresses.set(key, from);
    this.subnets.set(subnet, (this.subnets.get(subnet) ?? 0) + 1);
    this.open += 1;
    from.open += 1;
    const place = new Place<Holder>(this, from);
    this.move(place, known ? 'settled' : 'waiting');
    return place;
  }
}
