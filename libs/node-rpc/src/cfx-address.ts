/**
 * Reads Conflux core-space addresses (CIP-37): `prefix:[TYPE.x:]base32`, upper or lower case, and plain hex. A bridge
 * only ever needs the 20 bytes; it writes no base32.
 */

const ALPHABET = 'abcdefghjkmnprstuvwxyz0123456789';
const HEX_ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const CHECKSUM_SYMBOLS = 8;
/** Version byte: bits 3 to 7 are the type (always 0), the low three the size (0 = 20 bytes). */
const VERSION_20_BYTES = 0;
/** Generators of the BCH code that CIP-37 takes from Bitcoin Cash addresses. */
const GENERATORS = [0x98f2bc8e61n, 0x79b76d99e2n, 0xf33e5fb3c4n, 0xae2eabe2a8n, 0x1e4f43e470n];

/** `0x` and 40 lower-case hex digits. Throws RangeError for what is no address, a wrong checksum included. */
export function addressToHex(address: string): string {
  if (HEX_ADDRESS.test(address)) return address.toLowerCase();
  const parts = address.toLowerCase().split(':');
  const [prefix] = parts;
  const symbols = Array.from(parts.at(-1) ?? '', (symbol) => ALPHABET.indexOf(symbol));
  if (prefix === undefined || parts.length < 2 || symbols.includes(-1)) return refuse(address);
  if (checksum([...prefixSymbols(prefix), 0, ...symbols]) !== 0n) return refuse(address);
  const [version, ...bytes] = toBytes(symbols.slice(0, -CHECKSUM_SYMBOLS));
  if (version !== VERSION_20_BYTES || bytes.length !== 20) return refuse(address);
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

function refuse(address: string): never {
  throw new RangeError(`${address} is not a Conflux core-space address`);
}

const prefixSymbols = (prefix: string): number[] => Array.from(prefix, (char) => char.charCodeAt(0) & 0x1f);

/** The BCH checksum of CIP-37; 0 for symbols that end with a right one. */
function checksum(symbols: readonly number[]): bigint {
  let state = 1n;
  for (const symbol of symbols) {
    const top = state >> 35n;
    state = ((state & 0x07ffffffffn) << 5n) ^ BigInt(symbol);
    GENERATORS.forEach((generator, bit) => {
      if ((top >> BigInt(bit)) & 1n) state ^= generator;
    });
  }
  return state ^ 1n;
}

/** Regroups 5-bit symbols into bytes; the last bits are padding. */
function toBytes(symbols: readonly number[]): number[] {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const symbol of symbols) {
    held = ((held << 5) | symbol) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return bytes;
}
