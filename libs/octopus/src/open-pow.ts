// The engine for a proof-of-work algorithm, by the name that configurations use.
import { KeccakTestEngine } from './keccak-test-engine.js';
import { loadOctopus, type LoadedOctopus, type LoadOptions } from './load.js';
import { openAddon } from './native.js';

/** `octopus`: mainnet, testnet and test chains that say so. `keccak-test`: `use_octopus_in_test_mode = false`. */
export function openPow(algorithm: 'octopus' | 'keccak-test', options: LoadOptions = {}): LoadedOctopus {
  return algorithm === 'octopus' ? loadOctopus(options) : { engine: openKeccakTest(options) };
}

/** A hash of its own in 0.02 ms with the addon's keccak256, 0.1 ms without: either is fast enough not to be mentioned. */
function openKeccakTest({ engine = 'auto' }: LoadOptions): KeccakTestEngine {
  if (engine === 'typescript') return new KeccakTestEngine();
  try {
    const addon = openAddon();
    return new KeccakTestEngine('native', (message) => addon.keccak256(message));
  } catch (error) {
    if (engine === 'native') throw error;
    return new KeccakTestEngine();
  }
}
