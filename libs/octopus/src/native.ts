// The native kernel: finds, loads and tests the addon of ../native. Hashes run on libuv's threads.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Hit, Kernel } from './engine.js';
import { cacheBytes, dataBytes } from './reference/sizes.js';

declare const nativeCache: unique symbol;
/** A handle on a cache in the addon's memory. */
export interface NativeCache {
  readonly [nativeCache]: true;
}

/** What ../native/addon.cpp exports. */
export interface Addon {
  keccak256(message: Uint8Array): Uint8Array;
  sizes(stage: number): { cacheBytes: number; dataBytes: number };
  build(stage: number): Promise<NativeCache>;
  release(cache: NativeCache): void;
  hash(cache: NativeCache, headerHash: Uint8Array, nonce: bigint): Promise<Uint8Array>;
  search(
    cache: NativeCache,
    headerHash: Uint8Array,
    start: bigint,
    count: number,
    limit: Uint8Array,
  ): Promise<Hit | undefined>;
  /** A copy of the cache's nodes, 16 little-endian words each: for tests. */
  cacheWords(cache: NativeCache): Uint32Array;
}

/** A slice takes some 25 ms of one thread, and close() waits no longer than that for a search. */
const SEARCH_SLICE = 64;

// This file runs as libs/octopus/src/native.ts or as dist/libs/octopus/src/native.js.
const ADDON_FOLDERS = ['../native', '../../../../libs/octopus/native'];

const KECCAK256_OF_NOTHING = 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';
/** A stage of 2020 and one whose data set needs more than 32 bits. */
const TESTED_STAGES = [0, 286];

export class NativeKernel implements Kernel<NativeCache> {
  readonly kind = 'native';
  readonly searchSlice = SEARCH_SLICE;
  readonly #addon: Addon;

  constructor(addon: Addon) {
    this.#addon = addon;
  }

  build(stage: number): Promise<NativeCache> {
    return this.#addon.build(stage);
  }

  release(cache: NativeCache): void {
    this.#addon.release(cache);
  }

  hash(cache: NativeCache, headerHash: Uint8Array, nonce: bigint): Promise<Uint8Array> {
    return this.#addon.hash(cache, headerHash, nonce);
  }

  search(cache: NativeCache, slice: Parameters<Kernel<NativeCache>['search']>[1]): Promise<Hit | undefined> {
    return this.#addon.search(cache, slice.headerHash, slice.start, slice.count, slice.limit);
  }

  async close(): Promise<void> {
    // Calls on libuv's threads cannot be stopped; the engine waits for them.
  }
}

/** Loads the addon and tests it. Throws Error when it is not built, does not load or computes something wrong. */
export function openAddon(folders: readonly string[] = ADDON_FOLDERS): Addon {
  const require = createRequire(import.meta.url);
  const load = require('node-gyp-build') as (folder: string) => Addon;
  const candidates = folders.map((folder) => fileURLToPath(new URL(folder, import.meta.url)));
  const folder = candidates.find((candidate) => existsSync(candidate));
  if (folder === undefined) throw new Error(`the Octopus addon is in none of ${candidates.join(', ')}`);
  const addon = load(folder);
  testAddon(addon);
  return addon;
}

/** Throws Error unless the addon's keccak and sizes are right. */
export function testAddon(addon: Pick<Addon, 'keccak256' | 'sizes'>): void {
  const digest = Buffer.from(addon.keccak256(new Uint8Array(0))).toString('hex');
  if (digest !== KECCAK256_OF_NOTHING) throw new Error('the Octopus addon failed its self-test: keccak256');
  for (const stage of TESTED_STAGES) {
    const sizes = addon.sizes(stage);
    if (sizes.cacheBytes !== cacheBytes(stage) || sizes.dataBytes !== dataBytes(stage)) {
      throw new Error(`the Octopus addon failed its self-test: sizes of stage ${stage}`);
    }
  }
}
