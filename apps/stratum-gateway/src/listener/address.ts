/** What limits count connections by: an address that one customer has, not one that he can make up. */
import { BlockList, isIP } from 'node:net';
import { formatAddress, parseIPv4, parseIPv6 } from '#libs/stratum';

/** IPv4 itself; of IPv6 the /64, which is what the smallest line gets. Text that is no address is its own key. */
export function addressKey(ip: string): string {
  return keyOf(ip, 32, 64);
}

/** The neighbourhood that an attacker may rent as a whole: an IPv4 /24, an IPv6 /48. */
export function subnetKey(ip: string): string {
  return keyOf(ip, 24, 48);
}

function keyOf(ip: string, bits4: number, bits6: number): string {
  const plain = canonical(ip);
  const bytes = parseIPv4(plain) ?? parseIPv6(plain);
  if (!bytes) return ip;
  const bits = bytes.length === 4 ? bits4 : bits6;
  bytes.fill(0, bits / 8);
  return bits === 8 * bytes.length ? formatAddress(bytes) : `${formatAddress(bytes)}/${bits}`;
}

/** Without the zone of a link-local address; IPv4 mapped into IPv6 as IPv4. */
export function canonical(ip: string): string {
  const [address = ''] = ip.split('%', 1);
  const bytes = parseIPv6(address);
  return bytes ? formatAddress(bytes) : address;
}

/** By what isIP says. */
const FAMILIES: Readonly<Record<number, 'ipv4' | 'ipv6'>> = { 4: 'ipv4', 6: 'ipv6' };

/** Addresses and networks of an operator's list. */
export class AddressSet {
  /** One for each family: a list takes IPv4 for a part of ::/0. */
  private readonly lists = { ipv4: new BlockList(), ipv6: new BlockList() } as const;

  private constructor(readonly isEmpty: boolean) {}

  /** A comma list of addresses and networks (`10.0.0.0/8, ::1`); throws RangeError for anything else. */
  static parse(text: string): AddressSet {
    const entries = text.split(',').map((entry) => entry.trim());
    if (text.trim() === '') return new AddressSet(true);
    const set = new AddressSet(false);
    for (const entry of entries) set.add(entry);
    return set;
  }

  has(ip: string): boolean {
    const address = canonical(ip);
    const family = FAMILIES[isIP(address)];
    return family !== undefined && this.lists[family].check(address, family);
  }

  private add(entry: string): void {
    const [, ip = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    const mapped = parseIPv6(ip) !== undefined && isIP(canonical(ip)) === 4;
    const family = ip.includes('%') || mapped ? undefined : FAMILIES[isIP(ip)];
    const width = family === 'ipv4' ? 32 : 128;
    const prefix = Number(bits ?? width);
    if (!family || prefix > width) throw new RangeError(`"${entry}" is no address or network`);
    this.lists[family].addSubnet(ip, prefix, family);
  }
}
