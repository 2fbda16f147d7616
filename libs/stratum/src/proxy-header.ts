/**
 * Reads the header by which a balancer names the client it speaks for (HAProxy's PROXY protocol, versions 1 and 2). It
 * is fed all bytes so far, again with each new one, and gives the same result whatever the segmentation.
 */
import { formatAddress, parseIPv4, parseIPv6 } from './ip-address.js';

export interface ProxySource {
  /** Canonical; IPv4 also when it came mapped into IPv6. */
  readonly address: string;
  readonly port: number;
}

export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  /** Said with the first byte that cannot belong to a header. */
  | { readonly kind: 'invalid'; readonly reason: string }
  /** `length` bytes belong to the header. Without a source the balancer speaks for itself, or does not know for whom. */
  | { readonly kind: 'header'; readonly length: number; readonly source: ProxySource | undefined };

/** Longest line of version 1, with its CRLF. */
const MAX_TEXT_BYTES = 107;
/** Longest header of version 2: what the protocol lets a sender count on. Addresses take 216 bytes at most, extensions the rest. */
const MAX_BINARY_BYTES = 536;

const NEWLINE = 0x0a;
/** Version 2 begins with these; no text protocol does. */
const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
/** The signature, version and command, family and protocol, and the length of the rest. */
const PREFIX_BYTES = 16;
const LOCAL = 0x20;
const PROXY = 0x21;

const NO_HEADER = 'no PROXY header';
const TOO_LONG = `a PROXY header longer than ${MAX_BINARY_BYTES} bytes`;
const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };
const invalid = (reason: string): ProxyHeader => ({ kind: 'invalid', reason });

export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (bytes.length === 0) return INCOMPLETE;
  return bytes[0] === SIGNATURE[0] ? readBinary(bytes) : readText(bytes);
}

/** One word of a line of version 1. */
interface Field {
  readonly name: string;
  /** Undefined when the text is not valid. */
  readonly parse: (text: string) => unknown;
  /** Whether a valid one may begin like this. */
  readonly begins: (text: string) => boolean;
}

const parsePort = (text: string): number | undefined =>
  /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
const word = (name: string, ...words: readonly string[]): Field => ({
  name,
  parse: (text) => words.find((whole) => whole === text),
  begins: (text) => words.some((whole) => whole.startsWith(text)),
});
const port = (name: string): Field => ({
  name,
  parse: parsePort,
  begins: (text) => text === '' || parsePort(text) !== undefined,
});
/** Whatever an address may begin with, one of these makes it whole. */
const ENDINGS = ['', '::', ':', '0', '0.0.0.0', '.0.0.0', '0.0.0', '.0.0', '0.0', '.0'];
const address = (name: string, parse: (text: string) => Uint8Array | undefined): Field => ({
  name,
  parse,
  begins: (text) => ENDINGS.some((ending) => parse(text + ending) !== undefined),
});

const START = [word('PROXY keyword', 'PROXY'), word('protocol', 'TCP4', 'TCP6', 'UNKNOWN')];
const fieldsWith = (parse: (text: string) => Uint8Array | undefined): readonly Field[] => [
  ...START,
  address('source address', parse),
  address('destination address', parse),
  port('source port'),
  port('destination port'),
];
const TCP4 = fieldsWith(parseIPv4);
const TCP6 = fieldsWith(parseIPv6);

function readText(bytes: Buffer): ProxyHeader {
  const text = bytes.toString('latin1', 0, MAX_TEXT_BYTES - 1);
  const end = text.indexOf('\r');
  const ended = end !== -1;
  const words = text.slice(0, ended ? end : MAX_TEXT_BYTES - 2).split(' ');
  const fault = words[1] === 'UNKNOWN' ? unknownFault(words) : lineFault(words, ended);
  if (fault) return fault;
  if (!ended)
    return text.length > MAX_TEXT_BYTES - 2 ? invalid('a PROXY header that does not end') : INCOMPLETE;
  if (bytes.length === end + 1) return INCOMPLETE;
  if (bytes[end + 1] !== NEWLINE) return invalid('a PROXY header with a lone carriage return');
  return { kind: 'header', length: end + 2, source: textSource(words) };
}

function lineFault(words: readonly string[], ended: boolean): ProxyHeader | undefined {
  const fields = words[1] === 'TCP4' ? TCP4 : words[1] === 'TCP6' ? TCP6 : START;
  for (const [index, field] of fields.entries()) {
    const text = words[index];
    if (text === undefined && !ended) return undefined;
    const whole = ended || index < words.length - 1;
    if (text !== undefined && (whole ? field.parse(text) !== undefined : field.begins(text))) continue;
    return index === 0 ? invalid(NO_HEADER) : invalid(`a PROXY header without a valid ${field.name}`);
  }
  return words.length > fields.length ? invalid('a PROXY header with too many fields') : undefined;
}

/** What follows UNKNOWN is to be ignored, but it is no place for control characters. */
function unknownFault(words: readonly string[]): ProxyHeader | undefined {
  if (words[0] !== 'PROXY') return invalid(NO_HEADER);
  const printable = words.every((text) => /^[!-~]*$/.test(text));
  return printable ? undefined : invalid('a PROXY header with a control character');
}

function textSource([, , source = '', , sourcePort = '']: readonly string[]): ProxySource | undefined {
  const bytes = parseIPv4(source) ?? parseIPv6(source);
  const number = parsePort(sourcePort);
  return bytes && number !== undefined ? { address: formatAddress(bytes), port: number } : undefined;
}

/** Bytes that addresses and ports take, by the byte of family and protocol. Nobody mines over datagrams. */
const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [0x00, 0],
  [0x11, 12],
  [0x21, 36],
  [0x31, 216],
]);

function readBinary(bytes: Buffer): ProxyHeader {
  const signature = Math.min(bytes.length, SIGNATURE.length);
  for (let at = 0; at < signature; at += 1) if (bytes[at] !== SIGNATURE[at]) return invalid(NO_HEADER);
  const [version, family, high, low] = bytes.subarray(SIGNATURE.length, PREFIX_BYTES);
  if (version === undefined) return INCOMPLETE;
  if (version !== LOCAL && version !== PROXY) return invalid('a PROXY header of unknown version or command');
  if (family === undefined) return INCOMPLETE;
  // A balancer that speaks for itself may say anything here; it is to be skipped.
  const needed = version === LOCAL ? 0 : ADDRESS_BYTES.get(family);
  if (needed === undefined) return invalid('a PROXY header for something else than TCP');
  if (high === undefined) return INCOMPLETE;
  if (PREFIX_BYTES + high * 256 > MAX_BINARY_BYTES) return invalid(TOO_LONG);
  if (low === undefined) return INCOMPLETE;
  const length = PREFIX_BYTES + high * 256 + low;
  if (length > MAX_BINARY_BYTES) return invalid(TOO_LONG);
  if (length < PREFIX_BYTES + needed) return invalid('a PROXY header too short for its addresses');
  if (bytes.length < length) return INCOMPLETE;
  return { kind: 'header', length, source: binarySource(bytes, needed) };
}

function binarySource(bytes: Buffer, addressBytes: number): ProxySource | undefined {
  if (addressBytes !== 12 && addressBytes !== 36) return undefined;
  // Both addresses, then both ports.
  const size = (addressBytes - 4) / 2;
  const source = bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + size);
  return { address: formatAddress(source), port: bytes.readUInt16BE(PREFIX_BYTES + 2 * size) };
}
