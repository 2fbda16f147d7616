// The light cache of a stage: n nodes of 16 words, from which every data set node can be computed.
import { CACHE_ROUNDS, NODE_BYTES, NODE_WORDS, PAGE_BYTES } from './constants.js';
import { keccak512Words } from './keccak.js';
import { cacheBytes, dataBytes, seedHash } from './sizes.js';

export interface LightCache {
  /** Pages of the stage's data set. */
  readonly pages: number;
  /** The nodes one after another, 16 little-endian words each. */
  readonly words: Uint32Array;
}

/** Wraps the words of a cache built elsewhere, e.g. by the addon. The length is not checked. */
export function lightCacheFrom(stage: number, words: Uint32Array): LightCache {
  return { pages: dataBytes(stage) / PAGE_BYTES, words };
}

/** Builds the cache of a stage in shared memory, so that it can be handed to another thread. Takes seconds. */
export function buildLightCache(stage: number): LightCache {
  const bytes = cacheBytes(stage);
  const nodes = bytes / NODE_BYTES;
  const words = new Uint32Array(new SharedArrayBuffer(bytes));
  // C[0] = keccak512(seed), C[i] = keccak512(C[i-1])
  let node = keccak512Words(seedHash(stage));
  words.set(node, 0);
  for (let i = 1; i < nodes; i++) {
    node = keccak512Words(new Uint8Array(node.buffer));
    words.set(node, i * NODE_WORDS);
  }
  for (let round = 0; round < CACHE_ROUNDS; round++) mixRound(words, nodes);
  return lightCacheFrom(stage, words);
}

// C[i] = keccak512(C[(i+n-1) mod n] xor C[word0(C[i]) mod n]), in place.
function mixRound(words: Uint32Array, nodes: number): void {
  const mixed = new Uint32Array(NODE_WORDS);
  const mixedBytes = new Uint8Array(mixed.buffer);
  for (let i = 0; i < nodes; i++) {
    const previous = ((i + nodes - 1) % nodes) * NODE_WORDS;
    const partner = (words[i * NODE_WORDS]! % nodes) * NODE_WORDS;
    for (let w = 0; w < NODE_WORDS; w++) mixed[w] = words[previous + w]! ^ words[partner + w]!;
    words.set(keccak512Words(mixedBytes), i * NODE_WORDS);
  }
}
