export { CHAIN_ID, type ChainOptions } from './chain-options.js';
export { startDevchain, type Devchain } from './devchain.js';
