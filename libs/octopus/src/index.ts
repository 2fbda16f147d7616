// Octopus, the proof of work of Conflux: hashes and searches by light cache, and what belongs to a stage.
export { EngineBusyError } from './engine.js';
export type {
  EngineKind,
  EngineOptions,
  EngineStats,
  PowEngine,
  SearchRequest,
  SearchResult,
} from './engine.js';
export {
  DataSetCancelledError,
  DataSetMemoryError,
  FullMiner,
  type BuildProgress,
  type FullFound,
  type FullMinerOptions,
  type FullWork,
  type MemoryNeed,
} from './full-miner.js';
export { loadOctopus, type LoadedOctopus, type LoadOptions } from './load.js';
export { MAX_HEIGHT, MAX_STAGE } from './limits.js';
export { VERIFY_ITEM_BYTES, VERIFY_MAX_ITEMS, VERIFY_RESULT_BYTES, VerifyVerdict } from './packed.js';
export { STAGE_LENGTH } from './reference/constants.js';
export { keccakTestHash } from './reference/keccak-test-hash.js';
export { cacheBytes, dataBytes, seedHash, stageOf } from './reference/sizes.js';
export { openPow } from './open-pow.js';
export { EngineSettings, readEngineOptions } from './settings.js';
