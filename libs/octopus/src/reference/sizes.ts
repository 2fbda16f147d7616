// Stage of a height, and the sizes and the seed of a stage.
import { checkHeight, checkStage } from '../limits.js';
import {
  CACHE_BYTES_BASE,
  CACHE_BYTES_GROWTH,
  DATA_BYTES_BASE,
  DATA_BYTES_GROWTH,
  NODE_BYTES,
  PAGE_BYTES,
  STAGE_LENGTH,
} from './constants.js';
import { keccak256 } from './keccak.js';

/** height div 2^19. Throws TypeError or RangeError unless height is an integer from 0 to MAX_HEIGHT. */
export function stageOf(height: number): number {
  checkHeight(height);
  return Math.floor(height / STAGE_LENGTH);
}

/** Bytes of the light cache of a stage: 64 times a prime. Throws RangeError for a stage beyond MAX_STAGE. */
export function cacheBytes(stage: number): number {
  checkStage(stage);
  return primeSized(CACHE_BYTES_BASE + CACHE_BYTES_GROWTH * stage, NODE_BYTES);
}

/** Bytes of the data set of a stage: 256 times a prime, beyond 2^32. Throws RangeError for a stage beyond MAX_STAGE. */
export function dataBytes(stage: number): number {
  checkStage(stage);
  return primeSized(DATA_BYTES_BASE + DATA_BYTES_GROWTH * stage, PAGE_BYTES);
}

/** seed(stage): 32 zero bytes, keccak256 applied `stage` times. Throws RangeError for a stage beyond MAX_STAGE. */
export function seedHash(stage: number): Uint8Array {
  checkStage(stage);
  let seed: Uint8Array = new Uint8Array(32);
  for (let i = 0; i < stage; i++) seed = keccak256(seed);
  return seed;
}

function primeSized(target: number, unit: number): number {
  let bytes = target - unit;
  while (!isPrime(bytes / unit)) bytes -= 2 * unit;
  return bytes;
}

// Trial division: counts stay below 2^31, so it ends within 2^15 steps. Only odd numbers come in.
function isPrime(odd: number): boolean {
  for (let divisor = 3; divisor * divisor <= odd; divisor += 2) {
    if (odd % divisor === 0) return false;
  }
  return true;
}
