// The original Keccak (padding 0x01), which is not SHA-3.
import sha3 from 'js-sha3';

/** keccak256 of bytes: 32 bytes. */
export function keccak256(message: Uint8Array): Uint8Array {
  return new Uint8Array(sha3.keccak256.arrayBuffer(message));
}

/** keccak512 of bytes: 64 bytes. */
export function keccak512(message: Uint8Array): Uint8Array {
  return new Uint8Array(sha3.keccak512.arrayBuffer(message));
}

/** keccak512 of bytes as 16 little-endian words (on a little-endian host, which `loadOctopus` makes sure of). */
export function keccak512Words(message: Uint8Array): Uint32Array {
  return new Uint32Array(sha3.keccak512.arrayBuffer(message));
}
