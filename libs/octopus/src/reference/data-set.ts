import { NODE_BYTES, NODE_WORDS, PARENTS } from './constants.js';
import { fnv } from './fnv.js';
import { keccak512Words } from './keccak.js';

/** Data set node(j) from the words of the light cache: 16 words. j below dataBytes / 64. */
export function dataSetNode(cacheWords: Uint32Array, j: number): Uint32Array {
  const n = cacheWords.length / NODE_WORDS;
  const start = (j % n) * NODE_WORDS;
  const seed = Uint32Array.from(cacheWords.subarray(start, start + NODE_WORDS));
  seed[0]! ^= j;
  const m = keccak512Words(bytesOf(seed));
  for (let k = 0; k < PARENTS; k++) {
    const parent = (fnv(j ^ k, m[k % NODE_WORDS]!) % n) * NODE_WORDS;
    for (let w = 0; w < NODE_WORDS; w++) m[w] = fnv(m[w]!, cacheWords[parent + w]!);
  }
  return keccak512Words(bytesOf(m));
}

function bytesOf(node: Uint32Array): Uint8Array {
  return new Uint8Array(node.buffer, 0, NODE_BYTES);
}
