// The engine for a proof-of-work algorithm, by the name that configurations use.
import type { EngineOptions } from './engine.js';
import { KeccakTestEngine } from './keccak-test-engine.js';
import { loadOctopus, type LoadedOctopus } from './load.js';

/** `octopus`: mainnet, testnet and test chains that say so. `keccak-test`: `use_octopus_in_test_mode = false`. */
export function openPow(algorithm: 'octopus' | 'keccak-test', options: EngineOptions = {}): LoadedOctopus {
  return algorithm === 'octopus' ? loadOctopus(options) : { engine: new KeccakTestEngine() };
}
