/**
 * IP addresses between text and bytes: strict when read, canonical (RFC 5952) when written. Here because this library
 * may not ask node:net.
 */

/** The longest IPv6 address has 45 characters; the rest of a longer text is not looked at. */
const MAX_LENGTH = 45;
const IPV6_GROUPS = 8;
const MAPPED_IPV4_PREFIX = '0:0:0:0:0:ffff';

/** Four bytes; undefined for anything but four canonical decimal numbers. */
export function parseIPv4(text: string): Uint8Array | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const octets = text.split('.');
  const valid = octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255);
  return valid && octets.length === 4 ? Uint8Array.from(octets.map(Number)) : undefined;
}

/** Sixteen bytes; undefined for anything that is no IPv6 address (a zone, brackets and a prefix length are not part of it). */
export function parseIPv6(text: string): Uint8Array | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const halves = text.split('::');
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (!head || halves.length > 2) return undefined;
  if (halves.length === 1) return head.length === IPV6_GROUPS ? bytesOf(head) : undefined;
  if (!tail || head.length + tail.length >= IPV6_GROUPS) return undefined;
  const zeros = new Array<number>(IPV6_GROUPS - head.length - tail.length).fill(0);
  return bytesOf([...head, ...zeros, ...tail]);
}

/** Takes 4 or 16 bytes. An IPv4 address in IPv6 clothes (::ffff:a.b.c.d) is written as the IPv4 address it is. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, 2 * IPV6_GROUPS);
  const groups = Array.from({ length: IPV6_GROUPS }, (_, index) => view.getUint16(2 * index).toString(16));
  if (groups.slice(0, 6).join(':') === MAPPED_IPV4_PREFIX) return bytes.subarray(12).join('.');
  const { at, length } = longestZeros(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, at).join(':')}::${groups.slice(at + length).join(':')}`;
}

function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const ipv4 = last && index === parts.length - 1 ? parseIPv4(part) : undefined;
    if (ipv4) {
      const [a = 0, b = 0, c = 0, d = 0] = ipv4;
      groups.push((a << 8) | b, (c << 8) | d);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function bytesOf(groups: readonly number[]): Uint8Array {
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function longestZeros(groups: readonly string[]): { at: number; length: number } {
  let best = { at: 0, length: 0 };
  for (let at = 0; at < groups.length; at += 1) {
    let length = 0;
    while (groups[at + length] === '0') length += 1;
    if (length > best.length) best = { at, length };
  }
  return best;
}
