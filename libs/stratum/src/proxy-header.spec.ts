import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseIPv4, parseIPv6 } from './ip-address.js';
import { readProxyHeader, type ProxyHeader } from './proxy-header.js';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const MAX_V2_BYTES = 536;

function binary(version: number, family: number, rest: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(rest.length);
  return Buffer.concat([SIGNATURE, Buffer.from([version, family]), length, rest]);
}

const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const bytesOf = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const port = fc.integer({ min: 0, max: 65_535 });
const ipv6 = fc.oneof(
  fc.ipV6(),
  fc.ipV4().map((ip) => `::ffff:${ip}`),
  bytesOf(16).map(formatAddress).filter(isIPv6),
);

const textHeader = fc.oneof(
  fc
    .tuple(fc.ipV4(), fc.ipV4(), port, port)
    .map(([from, to, a, b]) => Buffer.from(`PROXY TCP4 ${from} ${to} ${a} ${b}\r\n`)),
  fc
    .tuple(ipv6, ipv6, port, port)
    .map(([from, to, a, b]) => Buffer.from(`PROXY TCP6 ${from} ${to} ${a} ${b}\r\n`)),
  fc
    .constantFrom('', ' ', ' ffff::1 ffff::2 1 2', ' anything  at all')
    .map((rest) => Buffer.from(`PROXY UNKNOWN${rest}\r\n`)),
);
const extensions = fc.uint8Array({ maxLength: 60 });
const binaryHeader = fc.oneof(
  fc.tuple(bytesOf(12), extensions).map(([a, b]) => binary(0x21, 0x11, Buffer.concat([a, b]))),
  fc.tuple(bytesOf(36), extensions).map(([a, b]) => binary(0x21, 0x21, Buffer.concat([a, b]))),
  fc.tuple(bytesOf(216), extensions).map(([a, b]) => binary(0x21, 0x31, Buffer.concat([a, b]))),
  extensions.map((rest) => binary(0x21, 0x00, rest)),
  fc.tuple(fc.integer({ min: 0, max: 255 }), extensions).map(([family, rest]) => binary(0x20, family, rest)),
);
const header = fc.oneof(textHeader, binaryHeader);
/** A header with a few bytes changed, added or missing. */
const almostHeader = fc
  .tuple(
    header,
    fc.array(fc.tuple(fc.nat(200), fc.nat(2), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
  )
  .map(([bytes, edits]) => {
    const list = [...bytes];
    for (const [at, remove, byte] of edits) list.splice(at % list.length, remove, byte);
    return Buffer.from(list);
  });

/** What a reader gets that is given one byte after the other. */
function readBytewise(bytes: Buffer): { read: ProxyHeader; after: number } {
  for (let end = 0; end <= bytes.length; end += 1) {
    const read = readProxyHeader(bytes.subarray(0, end));
    if (read.kind !== 'incomplete') return { read, after: end };
  }
  return { read: { kind: 'incomplete' }, after: bytes.length };
}

describe('readProxyHeader', () => {
  it('reads what was written, and nothing of what follows', () => {
    fc.assert(
      fc.property(fc.ipV4(), ipv6, port, fc.string(), (v4, v6, from, rest) => {
        const line4 = `PROXY TCP4 ${v4} 10.0.0.1 ${from} 443\r\n`;
        expect(readProxyHeader(Buffer.from(line4 + rest))).toEqual({
          kind: 'header',
          length: line4.length,
          source: { address: v4, port: from },
        });
        const line6 = `PROXY TCP6 ${v6} ::1 ${from} 443\r\n`;
        const address = formatAddress(parseIPv6(v6)!);
        expect(readProxyHeader(Buffer.from(line6 + rest))).toEqual({
          kind: 'header',
          length: line6.length,
          source: { address, port: from },
        });
        const source = parseIPv6(v6)!;
        const bytes = binary(
          0x21,
          0x21,
          Buffer.concat([source, Buffer.alloc(16), uint16(from), uint16(443)]),
        );
        expect(readProxyHeader(Buffer.concat([bytes, Buffer.from(rest)]))).toEqual({
          kind: 'header',
          length: bytes.length,
          source: { address, port: from },
        });
        const bytes4 = binary(
          0x21,
          0x11,
          Buffer.concat([parseIPv4(v4)!, Buffer.alloc(4), uint16(from), uint16(1)]),
        );
        expect(readProxyHeader(bytes4)).toMatchObject({ source: { address: v4, port: from } });
      }),
    );
  });

  it('gives the same result whatever the segmentation, and no byte later than it could', () => {
    fc.assert(
      fc.property(fc.oneof(header, almostHeader), fc.uint8Array({ maxLength: 20 }), (bytes, rest) => {
        const all = Buffer.concat([bytes, rest]);
        const { read, after } = readBytewise(all);
        expect(readProxyHeader(all)).toEqual(read);
        for (let end = after; end <= all.length; end += 1) {
          expect(readProxyHeader(all.subarray(0, end))).toEqual(read);
        }
        if (read.kind === 'header') expect(after).toBe(read.length);
      }),
      { numRuns: 500 },
    );
  });

  it('knows every beginning of a header as one', () => {
    fc.assert(
      fc.property(header, (bytes) => {
        const { read, after } = readBytewise(bytes);
        expect(read.kind).toBe('header');
        expect(after).toBe(bytes.length);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, and decides within the longest header', () => {
    const start = fc.constantFrom(
      Buffer.alloc(0),
      SIGNATURE,
      Buffer.from('PROXY '),
      Buffer.from('PROXY UNKNOWN '),
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 700 }), (first, rest) => {
        const bytes = Buffer.concat([first, rest]);
        const read = readProxyHeader(bytes);
        if (bytes.length >= MAX_V2_BYTES) expect(read.kind).not.toBe('incomplete');
      }),
    );
  });

  it.each([
    ['GET / HTTP/1.1\r\n', 1, 'no PROXY header'],
    ['PROXI', 5, 'no PROXY header'],
    ['PROXY\r\n', 6, 'a PROXY header without a valid protocol'],
    ['PROXY  TCP4', 7, 'a PROXY header without a valid protocol'],
    ['PROXY TCP5 ', 10, 'a PROXY header without a valid protocol'],
    ['PROXY UNKNOWNS\r\n', 14, 'a PROXY header without a valid protocol'],
    ['PROXY TCP4 256.0.0.1', 14, 'a PROXY header without a valid source address'],
    ['PROXY TCP4 1.2.3.4.5', 19, 'a PROXY header without a valid source address'],
    ['PROXY TCP4 01.2.3.4', 13, 'a PROXY header without a valid source address'],
    ['PROXY TCP4 ::1 ', 12, 'a PROXY header without a valid source address'],
    ['PROXY TCP6 1.2.3.4 ', 13, 'a PROXY header without a valid source address'],
    ['PROXY TCP6 1::2::3 ', 17, 'a PROXY header without a valid source address'],
    ['PROXY TCP6 :1 ', 13, 'a PROXY header without a valid source address'],
    ['PROXY TCP6 1:2:3:4:5:6:7:8:', 27, 'a PROXY header without a valid source address'],
    ['PROXY TCP6 ::12345 ', 18, 'a PROXY header without a valid source address'],
    ['PROXY TCP6 ::1%eth0 ', 15, 'a PROXY header without a valid source address'],
    ['PROXY TCP4 1.2.3.4 \r\n', 20, 'a PROXY header without a valid destination address'],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 65536 ', 32, 'a PROXY header without a valid source port'],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 07', 29, 'a PROXY header without a valid source port'],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 7 -', 30, 'a PROXY header without a valid destination port'],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 7 8 ', 31, 'a PROXY header with too many fields'],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 7 8\n', 31, 'a PROXY header without a valid destination port'],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 7 8\r\t', 32, 'a PROXY header with a lone carriage return'],
    ['PROXY UNKNOWN \x07\r\n', 15, 'a PROXY header with a control character'],
    [`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, 106, 'a PROXY header that does not end'],
    ['\r\n\r\n\0\r\nQUIZ', 11, 'no PROXY header'],
  ])('refuses %j at byte %i', (text, at, reason) => {
    const { read, after } = readBytewise(Buffer.from(text, 'latin1'));
    expect(read).toEqual({ kind: 'invalid', reason });
    expect(after).toBe(at);
  });

  it('takes the longest line, and none longer', () => {
    const longest = `PROXY UNKNOWN ${'x'.repeat(91)}\r\n`;
    expect(longest).toHaveLength(107);
    expect(readProxyHeader(Buffer.from(longest))).toEqual({ kind: 'header', length: 107, source: undefined });
  });

  it.each([
    ['version 1', binary(0x11, 0x11, Buffer.alloc(12)), 13, 'of unknown version or command'],
    ['an unknown command', binary(0x22, 0x11, Buffer.alloc(12)), 13, 'of unknown version or command'],
    ['UDP', binary(0x21, 0x12, Buffer.alloc(12)), 14, 'for something else than TCP'],
    ['an unknown family', binary(0x21, 0x41, Buffer.alloc(12)), 14, 'for something else than TCP'],
    ['too short IPv4', binary(0x21, 0x11, Buffer.alloc(11)), 16, 'too short for its addresses'],
    ['too short IPv6', binary(0x21, 0x21, Buffer.alloc(35)), 16, 'too short for its addresses'],
    ['a byte too much', binary(0x21, 0x11, Buffer.alloc(521)), 16, 'longer than 536 bytes'],
    ['far too much', binary(0x20, 0x00, Buffer.alloc(0x300)), 15, 'longer than 536 bytes'],
  ])('refuses version 2 with %s', (_name, bytes, at, reason) => {
    const { read, after } = readBytewise(bytes);
    expect(read).toEqual({ kind: 'invalid', reason: `a PROXY header ${reason}` });
    expect(after).toBe(at);
  });

  it('has no source where the balancer names none', () => {
    for (const bytes of [
      Buffer.from('PROXY UNKNOWN\r\n'),
      binary(0x20, 0x11, Buffer.alloc(12)),
      binary(0x20, 0xff, Buffer.alloc(0)),
      binary(0x21, 0x00, Buffer.alloc(520)),
      binary(0x21, 0x31, Buffer.alloc(216)),
    ]) {
      expect(readProxyHeader(bytes)).toEqual({ kind: 'header', length: bytes.length, source: undefined });
    }
  });
});

describe('IP addresses', () => {
  const letters = fc.string({
    unit: fc.constantFrom('0', '1', '28', '9', 'aF', ':', '::', '.', '.0.0.', '%', 'g'),
    maxLength: 24,
  });

  it('takes what node:net takes, but zones', () => {
    fc.assert(
      fc.property(fc.oneof(letters, fc.ipV4(), fc.ipV6(), ipv6), (text) => {
        expect(parseIPv4(text) !== undefined).toBe(isIPv4(text));
        expect(parseIPv6(text) !== undefined).toBe(isIPv6(text) && !text.includes('%'));
      }),
      { numRuns: 5000 },
    );
  });

  it('writes IPv6 as URLs do, and mapped IPv4 as IPv4', () => {
    const sparse = fc.array(fc.constantFrom(0, 0, 0, 1, 0xab, 0xffff), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(sparse, (groups) => {
        const bytes = Buffer.concat(groups.map(uint16));
        const text = formatAddress(bytes);
        const asUrl = new URL(`http://[${groups.map((g) => g.toString(16)).join(':')}]`).hostname.slice(
          1,
          -1,
        );
        expect(text).toBe(
          groups.slice(0, 6).join() === '0,0,0,0,0,65535' ? bytes.subarray(12).join('.') : asUrl,
        );
        expect(Buffer.from(parseIPv6(text) ?? parseIPv6(`::ffff:${text}`)!)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
    expect(formatAddress(parseIPv6('::FFFF:1.2.3.4')!)).toBe('1.2.3.4');
  });
});
