// The constants of Octopus, named as in the specification.

/** Blocks that share one light cache and data set. */
export const STAGE_LENGTH = 2 ** 19;

export const CACHE_BYTES_BASE = 2 ** 24;
export const CACHE_BYTES_GROWTH = 2 ** 16;
export const DATA_BYTES_BASE = 2 ** 32;
export const DATA_BYTES_GROWTH = 2 ** 24;
export const NODE_BYTES = 64;
export const NODE_WORDS = 16;
export const PAGE_BYTES = 256;
export const PAGE_NODES = 4;
export const MIX_WORDS = 64;
export const CACHE_ROUNDS = 3;
export const PARENTS = 256;
export const ACCESSES = 32;
export const WARP = 32;
export const COEFFICIENTS = 1024;
/** P, a prime: 63 * 2^14 + 1. */
export const FIELD_PRIME = 1032193;
/** Generates the multiplicative group of the field. */
export const FIELD_GENERATOR = 11;
export const FNV_PRIME = 0x01000193;
