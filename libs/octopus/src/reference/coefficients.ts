import { COEFFICIENTS, FIELD_PRIME, WARP } from './constants.js';
import { sipRound, sipState, xorWord } from './siphash.js';

/**
 * d[0..1023] of step 3: the coefficients that the 32 nonces of a warp share. Lane i absorbs the number of the
 * warp's nonce i as SipHash-2-4 does one word, keyed by the header's four words, then is read after each of 32 rounds.
 */
export function warpCoefficients(headerWords: readonly bigint[], nonce: bigint): Uint32Array {
  const d = new Uint32Array(COEFFICIENTS);
  const base = nonce - (nonce % BigInt(WARP));
  for (let i = 0; i < WARP; i++) {
    const x = base + BigInt(i);
    const s = sipState(headerWords);
    xorWord(s, 3, x);
    for (let round = 0; round < 2; round++) sipRound(s);
    xorWord(s, 0, x);
    xorWord(s, 2, 0xffn);
    for (let round = 0; round < 4; round++) sipRound(s);
    for (let j = 0; j < WARP; j++) {
      sipRound(s);
      d[WARP * j + i] = ((s[0]! ^ s[2]! ^ s[4]! ^ s[6]!) >>> 0) % FIELD_PRIME;
    }
  }
  return d;
}
