// SipHash-2-4 on 64-bit words kept as two 32-bit halves: BigInt made this step the slowest of a hash.

/** State word s at [2s] (low half) and [2s + 1] (high half). */
export type SipState = Uint32Array;

export function sipState(words: readonly bigint[]): SipState {
  const state = new Uint32Array(8);
  words.forEach((word, s) => xorWord(state, s, word));
  return state;
}

export function xorWord(state: SipState, s: number, word: bigint): void {
  state[2 * s]! ^= Number(BigInt.asUintN(32, word));
  state[2 * s + 1]! ^= Number(word >> 32n);
}

/** One standard SipRound. */
export function sipRound(state: SipState): void {
  add(state, 0, 1);
  add(state, 2, 3);
  rotateXor(state, 1, 13, 0);
  rotateXor(state, 3, 16, 2);
  swapHalves(state, 0);
  add(state, 2, 1);
  add(state, 0, 3);
  rotateXor(state, 1, 17, 2);
  rotateXor(state, 3, 21, 0);
  swapHalves(state, 2);
}

// s[to] += s[from] mod 2^64
function add(state: SipState, to: number, from: number): void {
  const low = state[2 * to]! + state[2 * from]!;
  const carry = low > 0xffffffff ? 1 : 0;
  state[2 * to] = low;
  state[2 * to + 1] = state[2 * to + 1]! + state[2 * from + 1]! + carry;
}

// s[word] = rotl(s[word], bits) xor s[other], 0 < bits < 32
function rotateXor(state: SipState, word: number, bits: number, other: number): void {
  const low = state[2 * word]!;
  const high = state[2 * word + 1]!;
  state[2 * word] = ((low << bits) | (high >>> (32 - bits))) ^ state[2 * other]!;
  state[2 * word + 1] = ((high << bits) | (low >>> (32 - bits))) ^ state[2 * other + 1]!;
}

// rotl by 32
function swapHalves(state: SipState, word: number): void {
  const low = state[2 * word]!;
  state[2 * word] = state[2 * word + 1]!;
  state[2 * word + 1] = low;
}
