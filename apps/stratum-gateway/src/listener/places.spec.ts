import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKey, subnetKey } from './address.js';
import { Places, type Arrival, type Place, type PlaceLimits } from './places.js';

type Connection = Place<string>;

const WIDE: PlaceLimits = { total: 100, perAddress: 100, perSubnet: 100, strangers: 100 };

function welcome(arrival: Arrival<string>): Connection {
  if (arrival.kind === 'refused') throw new Error(arrival.reason);
  return arrival.place;
}

const reasonOf = (arrival: Arrival<string>): string | undefined =>
  arrival.kind === 'refused' ? arrival.reason : undefined;
const displacedBy = (arrival: Arrival<string>): Connection | undefined =>
  arrival.kind === 'welcome' ? arrival.displaced : undefined;

/** Places whose first connection has made 10.0.0.1 known. */
function withMiner(limits: Partial<PlaceLimits>) {
  const places = new Places<string>({ limits: { ...WIDE, ...limits } });
  const miner = welcome(places.arrive('10.0.0.1'));
  miner.established();
  return { places, miner };
}

describe('Places', () => {
  it('refuses by address, and names the limit', () => {
    const { places } = withMiner({ perAddress: 2 });
    const second = welcome(places.arrive('::ffff:10.0.0.1'));
    expect(reasonOf(places.arrive('10.0.0.1'))).toBe('too many connections from 10.0.0.1 (limit 2)');
    second.leave();
    welcome(places.arrive('10.0.0.1'));
    welcome(places.arrive('2001:db8::1'));
    welcome(places.arrive('2001:db8::2'));
    expect(reasonOf(places.arrive('2001:db8::3'))).toBe('too many connections from 2001:db8::/64 (limit 2)');
  });

  it('refuses strangers by neighbourhood, and never a known neighbour', () => {
    const { places } = withMiner({ perSubnet: 2 });
    welcome(places.arrive('10.0.0.2'));
    expect(reasonOf(places.arrive('10.0.0.3'))).toBe('too many connections from 10.0.0.0/24 (limit 2)');
    welcome(places.arrive('10.0.0.1'));
    welcome(places.arrive('10.0.1.3'));
  });

  it('gives the place of the stranger that has waited longest to the next stranger', () => {
    const { places } = withMiner({ strangers: 2 });
    const [first, second] = [welcome(places.arrive('1.0.0.1')), welcome(places.arrive('1.0.0.2'))];
    first.subscribed();
    const third = places.arrive('1.0.0.3');
    expect(displacedBy(third)).toBe(second);
    welcome(third).subscribed();
    expect(reasonOf(places.arrive('1.0.0.4'))).toBe('too many connections of unknown addresses (limit 2)');
    first.established();
    expect(displacedBy(places.arrive('1.0.0.4'))).toBeUndefined();
  });

  it('makes room for a known address: first who waits, then who only subscribed, never who mines', () => {
    const { places } = withMiner({ total: 4 });
    const [a, b, c] = ['1.0.0.1', '1.0.0.2', '1.0.0.3'].map((ip) => welcome(places.arrive(ip)));
    b!.subscribed();
    a!.subscribed();
    expect(displacedBy(places.arrive('10.0.0.1'))).toBe(c);
    expect(displacedBy(places.arrive('10.0.0.1'))).toBe(b);
    expect(reasonOf(places.arrive('1.0.0.4'))).toBe('too many connections (limit 4)');
    expect(displacedBy(places.arrive('10.0.0.1'))).toBe(a);
    expect(reasonOf(places.arrive('10.0.0.1'))).toBe('too many connections (limit 4)');
  });

  it('knows all connections of an address when one of them is established', () => {
    const places = new Places<string>({ limits: { ...WIDE, total: 3 } });
    const [first, second] = [welcome(places.arrive('10.0.0.1')), welcome(places.arrive('10.0.0.1'))];
    first.established();
    const stranger = welcome(places.arrive('1.0.0.1'));
    second.subscribed();
    expect(places.counts).toMatchObject({ open: 3, waiting: 1, subscribed: 0 });
    expect(displacedBy(places.arrive('10.0.0.1'))).toBe(stranger);
    expect(reasonOf(places.arrive('10.0.0.1'))).toBe('too many connections (limit 3)');
  });

  it('takes the word of a connection that has gone, and nothing else', () => {
    const places = new Places<string>({ limits: { ...WIDE, strangers: 1 } });
    const gone = welcome(places.arrive('10.0.0.1'));
    gone.leave();
    gone.leave();
    gone.subscribed();
    const waiting = welcome(places.arrive('10.0.0.1'));
    gone.established();
    expect(places.knows('10.0.0.1')).toBe(true);
    expect(places.counts).toEqual({ open: 1, waiting: 0, subscribed: 0, addresses: 1, subnets: 1 });
    waiting.leave();
    expect(places.counts).toEqual({ open: 0, waiting: 0, subscribed: 0, addresses: 0, subnets: 0 });
  });

  it('counts only the total when all come from one address', () => {
    const limits = { total: 3, perAddress: 1, perSubnet: 1, strangers: 1 };
    const places = new Places<string>({ limits, perAddressOff: true });
    const all = [1, 2, 3].map(() => welcome(places.arrive('10.0.0.1')));
    expect(displacedBy(places.arrive('10.0.0.1'))).toBe(all[0]);
  });

  it('forgets the addresses that were not used for longest', () => {
    const places = new Places<string>({ limits: WIDE }, 4);
    const faithful = welcome(places.arrive('10.0.0.1'));
    faithful.established();
    for (let host = 1; host <= 50; host += 1) {
      const passing = welcome(places.arrive(`10.1.0.${host}`));
      passing.established();
      passing.leave();
      if (host % 3 === 0) faithful.established();
    }
    const remembered = Array.from({ length: 50 }, (_, index) => places.knows(`10.1.0.${index + 1}`));
    expect(places.knows('10.0.0.1')).toBe(true);
    expect(remembered.filter(Boolean).length).toBeLessThanOrEqual(8);
    expect(remembered.slice(-3)).toEqual([true, true, true]);
  });
});

const ADDRESSES = [
  '10.0.0.1',
  '10.0.0.2',
  '10.0.0.3',
  '10.0.1.1',
  '2001:db8::1',
  '2001:db8::2',
  '2001:db8:0:1::1',
  '::ffff:10.0.0.1',
];

/** The rules, as one would write them down: a list, searched. */
class Model {
  open: { ip: string; place: Connection; state: 'waiting' | 'subscribed' | 'settled' }[] = [];
  readonly known = new Set<string>();

  constructor(
    private readonly limits: PlaceLimits,
    private readonly perAddressOff: boolean,
  ) {}

  expected(ip: string): { refused: boolean; displaced: Connection | undefined } {
    const known = this.known.has(addressKey(ip));
    const { total, perAddress, perSubnet, strangers } = this.limits;
    const count = (test: (other: { ip: string; state: string }) => boolean): number =>
      this.open.filter(test).length;
    const crowded =
      count((other) => addressKey(other.ip) === addressKey(ip)) >= perAddress ||
      (!known && count((other) => subnetKey(other.ip) === subnetKey(ip)) >= perSubnet);
    if (crowded && !this.perAddressOff) return { refused: true, displaced: undefined };
    const capped = !known && !this.perAddressOff && count(({ state }) => state !== 'settled') >= strangers;
    if (this.open.length < total && !capped) return { refused: false, displaced: undefined };
    const victim =
      this.open.find(({ state }) => state === 'waiting') ??
      (known
        ? this.inOrderOfSubscription.find((place) => this.entry(place)?.state === 'subscribed')
        : undefined);
    const displaced = victim && 'place' in victim ? victim.place : victim;
    return { refused: displaced === undefined, displaced };
  }

  private readonly inOrderOfSubscription: Connection[] = [];

  entry(place: Connection) {
    return this.open.find((other) => other.place === place);
  }

  subscribe(place: Connection): void {
    const entry = this.entry(place);
    if (entry?.state !== 'waiting') return;
    entry.state = 'subscribed';
    this.inOrderOfSubscription.push(place);
  }

  establish(ip: string): void {
    this.known.add(addressKey(ip));
    for (const entry of this.open) if (addressKey(entry.ip) === addressKey(ip)) entry.state = 'settled';
  }

  arrive(ip: string, place: Connection): void {
    this.open.push({ ip, place, state: this.known.has(addressKey(ip)) ? 'settled' : 'waiting' });
  }

  leave(place: Connection): void {
    this.open = this.open.filter((other) => other.place !== place);
  }
}

describe('Places in random traffic', () => {
  const limit = fc.integer({ min: 1, max: 8 });
  const limits = fc.record({ total: limit, perAddress: limit, perSubnet: limit, strangers: limit });
  const step = fc.tuple(
    fc.constantFrom('arrive', 'arrive', 'subscribe', 'establish', 'leave'),
    fc.nat(ADDRESSES.length - 1),
    fc.nat(100),
  );

  it('does what the rules say, and keeps nothing of those who left', () => {
    fc.assert(
      fc.property(
        limits,
        fc.boolean(),
        fc.array(step, { maxLength: 150 }),
        (bounds, perAddressOff, steps) => {
          const places = new Places<string>({ limits: bounds, perAddressOff });
          const model = new Model(bounds, perAddressOff);
          const all: { ip: string; place: Connection }[] = [];
          for (const [what, address, which] of steps) {
            const ip = ADDRESSES[address]!;
            const one = all[which % all.length];
            if (what === 'arrive') {
              const expected = model.expected(ip);
              const arrival = places.arrive(ip);
              expect(arrival.kind).toBe(expected.refused ? 'refused' : 'welcome');
              expect(displacedBy(arrival)).toBe(expected.displaced);
              if (expected.displaced) model.leave(expected.displaced);
              if (arrival.kind === 'welcome') {
                model.arrive(ip, arrival.place);
                all.push({ ip, place: arrival.place });
              }
            } else if (one && what === 'subscribe') {
              one.place.subscribed();
              model.subscribe(one.place);
            } else if (one && what === 'establish') {
              one.place.established();
              model.establish(one.ip);
            } else if (one) {
              one.place.leave();
              model.leave(one.place);
            }
            const inState = (wanted: string): number =>
              model.open.filter(({ state }) => state === wanted).length;
            expect(places.counts).toEqual({
              open: model.open.length,
              waiting: inState('waiting'),
              subscribed: inState('subscribed'),
              addresses: new Set(model.open.map((entry) => addressKey(entry.ip))).size,
              subnets: new Set(model.open.map((entry) => subnetKey(entry.ip))).size,
            });
          }
          for (const { place } of all) place.leave();
          expect(places.counts).toEqual({ open: 0, waiting: 0, subscribed: 0, addresses: 0, subnets: 0 });
        },
      ),
      { numRuns: 300 },
    );
  });
});
