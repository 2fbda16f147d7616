// The Octopus hash, step by step as in the specification; no I/O, no state, no concern for stages.
import { warpCoefficients } from './coefficients.js';
import { ACCESSES, FNV_PRIME, MIX_WORDS, NODE_WORDS, PAGE_NODES } from './constants.js';
import { dataSetNode } from './data-set.js';
import { fnv } from './fnv.js';
import { keccak256, keccak512 } from './keccak.js';
import type { LightCache } from './light-cache.js';
import { headerCurve, polynomialValues } from './polynomial.js';

/**
 * The hash of a 32-byte header hash and a nonce below 2^64, with the light cache of the block's stage:
 * 32 bytes, a big-endian integer. About 10 ms.
 */
export function octopusHash(cache: LightCache, headerHash: Uint8Array, nonce: bigint): Uint8Array {
  const words = headerWords(headerHash);
  const d = warpCoefficients(words, nonce);
  const r = polynomialValues(headerCurve(words), d, nonce);
  const seed = seedOf(headerHash, foldValues(r));
  const seedWords = new Uint32Array(seed.buffer);
  const z = compress(mixPages(cache, seedWords, r));
  // keccak256(S || z)
  return keccak256(Buffer.concat([seed, new Uint8Array(z.buffer)]));
}

// Step 1: v0..v3.
function headerWords(headerHash: Uint8Array): [bigint, bigint, bigint, bigint] {
  const view = new DataView(headerHash.buffer, headerHash.byteOffset, headerHash.byteLength);
  const word = (i: number): bigint => view.getBigUint64(8 * i, true);
  return [word(0), word(1), word(2), word(3)];
}

// Step 5: R = (R * 0x01000193 mod 2^64) xor r[k], over all k.
function foldValues(r: Uint32Array): bigint {
  let R = 0n;
  for (const value of r) R = BigInt.asUintN(64, R * BigInt(FNV_PRIME)) ^ BigInt(value);
  return R;
}

// Step 6: S = keccak512(headerHash || u64(R)).
function seedOf(headerHash: Uint8Array, R: bigint): Uint8Array {
  const message = new Uint8Array(40);
  message.set(headerHash);
  new DataView(message.buffer).setBigUint64(32, R, true);
  return keccak512(message);
}

// Step 7: 32 pages of the data set, each picked by the mix and mixed into it.
function mixPages({ pages, words }: LightCache, S: Uint32Array, r: Uint32Array): Uint32Array {
  const mix = new Uint32Array(MIX_WORDS);
  for (let t = 0; t < PAGE_NODES; t++) mix.set(S, t * NODE_WORDS);
  for (let i = 0; i < ACCESSES; i++) {
    const q = fnv(S[0]! ^ i ^ r[i]!, mix[i]!) % pages;
    for (let t = 0; t < PAGE_NODES; t++) {
      const D = dataSetNode(words, PAGE_NODES * q + t);
      for (let w = 0; w < NODE_WORDS; w++) {
        mix[NODE_WORDS * t + w] = fnv(mix[NODE_WORDS * t + w]!, D[w]!);
      }
    }
  }
  return mix;
}

// Step 8: f folds four words, z[i] = fnv(f(4i), f(32 + 4i)).
function compress(mix: Uint32Array): Uint32Array {
  const f = (u: number): number => fnv(fnv(fnv(mix[u]!, mix[u + 1]!), mix[u + 2]!), mix[u + 3]!);
  return Uint32Array.from({ length: MIX_WORDS / 8 }, (_, i) => fnv(f(4 * i), f(MIX_WORDS / 2 + 4 * i)));
}
