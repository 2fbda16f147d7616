import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKey, AddressSet, subnetKey } from './address.js';

describe('keys of limits', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', '203.0.113.0/24'],
    ['::ffff:203.0.113.7', '203.0.113.7', '203.0.113.0/24'],
    ['::FFFF:cb00:7107', '203.0.113.7', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:0DB8:1:2::', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['fe80::1%eth0', 'fe80::/64', 'fe80::/48'],
    ['::1', '::/64', '::/48'],
    ['?', '?', '?'],
    ['', '', ''],
    ['2001:db8::/64', '2001:db8::/64', '2001:db8::/64'],
  ])('of %j are %j and %j', (ip, address, subnet) => {
    expect(addressKey(ip)).toBe(address);
    expect(subnetKey(ip)).toBe(subnet);
  });

  it('are the same for all of a /64 and /48, and for no other', () => {
    const group = fc.integer({ min: 1, max: 0xffff });
    const groups = (count: number) => fc.array(group, { minLength: count, maxLength: count });
    const text = (parts: readonly number[]): string => parts.map((part) => part.toString(16)).join(':');
    fc.assert(
      fc.property(groups(3), group, groups(4), groups(4), (site, net, a, b) => {
        const [first, second] = [text([...site, net, ...a]), text([...site, net, ...b])];
        expect(addressKey(first)).toBe(addressKey(second));
        const other = text([...site, (net + 1) & 0xffff, ...a]);
        expect(addressKey(other)).not.toBe(addressKey(first));
        expect(subnetKey(other)).toBe(subnetKey(first));
      }),
    );
  });

  it('never throw, and are keys of themselves', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4()), (ip) => {
        expect(addressKey(addressKey(ip))).toBe(addressKey(ip));
        expect(subnetKey(subnetKey(ip))).toBe(subnetKey(ip));
      }),
    );
  });
});

describe('AddressSet', () => {
  it('holds addresses and networks of both families', () => {
    const set = AddressSet.parse('10.0.0.0/8, ::1,192.168.1.5 ,2001:db8::/32');
    for (const ip of ['10.255.0.1', '::1', '192.168.1.5', '2001:db8:ffff::1', '::ffff:10.1.2.3']) {
      expect(set.has(ip), ip).toBe(true);
    }
    for (const ip of [
      '11.0.0.1',
      '::2',
      '192.168.1.4',
      '2001:db9::1',
      '::ffff:11.1.2.3',
      '?',
      '',
      '10.0.0',
    ]) {
      expect(set.has(ip), ip).toBe(false);
    }
    expect(set.isEmpty).toBe(false);
  });

  it('is empty when the list is', () => {
    for (const text of ['', '  ']) {
      expect(AddressSet.parse(text).isEmpty).toBe(true);
      expect(AddressSet.parse(text).has('127.0.0.1')).toBe(false);
    }
  });

  it('holds everything where the operator says so', () => {
    const all = AddressSet.parse('0.0.0.0/0,::/0');
    expect([all.has('1.2.3.4'), all.has('::5')]).toEqual([true, true]);
    expect(AddressSet.parse('::/0').has('1.2.3.4')).toBe(false);
  });

  it.each([
    ',',
    '10.0.0.1,',
    'localhost',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0/8',
    '010.0.0.1',
    'fe80::1%eth0',
    '[::1]',
    '10.0.0.1 10.0.0.2',
    '::ffff:10.0.0.1',
  ])('refuses %j', (text) => {
    expect(() => AddressSet.parse(text)).toThrow(RangeError);
    expect(() => AddressSet.parse(text)).toThrow('is no address or network');
  });
});
