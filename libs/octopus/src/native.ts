// The native kernel: finds, loads and tests the addon of ../native. Hashes run on threads of its own.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { DEFAULT_QUEUE, type EngineOptions, type Hit, type Kernel, type SearchSlice } from './engine.js';
import type { FullAddon } from './full-miner.js';
import { cacheBytes, dataBytes } from './reference/sizes.js';
import { defaultThreads } from './settings.js';

declare const nativeCache: unique symbol;
/** A handle on a cache in the addon's memory. */
export interface NativeCache {
  readonly [nativeCache]: true;
}

declare const nativeEngine: unique symbol;
/** A handle on a pool of threads, with those that build caches. */
export interface NativeEngine {
  readonly [nativeEngine]: true;
}

/** What ../native/addon.cpp exports; described there. */
export interface Addon extends FullAddon {
  keccak256(message: Uint8Array): Uint8Array;
  sizes(stage: number): { cacheBytes: number; dataBytes: number };
  isas(): string[];
  open(
    isa: string,
    threads: number,
    queue: number,
    pinned: boolean,
    cacheFolder: string,
  ): { engine: NativeEngine; isa: string; problem: string };
  close(engine: NativeEngine): void;
  stats(engine: NativeEngine): { queued: number; running: number; hashes: number[]; fileProblem: string };
  build(engine: NativeEngine, stages: readonly number[], ahead: boolean): Promise<NativeCache>[];
  release(cache: NativeCache): void;
  verify(engine: NativeEngine, cache: NativeCache, items: Uint8Array, caller: number): Promise<Uint8Array>;
  search(
    engine: NativeEngine,
    cache: NativeCache,
    headerHash: Uint8Array,
    start: bigint,
    count: number,
    limit: Uint8Array,
  ): Promise<Hit | undefined | null>;
  /** A copy of the cache's nodes, 16 little-endian words each: for tests. */
  cacheWords(cache: NativeCache): Uint32Array;
}

// This file runs as libs/octopus/src/native.ts or as dist/libs/octopus/src/native.js.
const ADDON_FOLDERS = ['../native', '../../../../libs/octopus/native'];

const KECCAK256_OF_NOTHING = 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';
/** A stage of 2020 and one whose data set needs more than 32 bits. */
const TESTED_STAGES = [0, 286];

export class NativeKernel implements Kernel<NativeCache> {
  readonly kind = 'native';
  /** A search ends when the kernel is closed, whatever is left of it. */
  readonly searchSlice = Number.MAX_SAFE_INTEGER;
  /** Set when a better code path than the one in use failed its self-test. */
  readonly problem: string;
  readonly #addon: Addon;
  readonly #engine: NativeEngine;
  readonly #isa: string;
  readonly #threads: number;

  /** Throws Error when no code path, or not the one asked for, works here, or there are no threads to be had. */
  constructor(addon: Addon, options: EngineOptions = {}) {
    this.#addon = addon;
    this.#threads = options.threads ?? defaultThreads();
    const { isa = '', queue = DEFAULT_QUEUE, pinned = false, cacheFolder = '' } = options;
    const opened = addon.open(isa, this.#threads, queue, pinned, cacheFolder);
    this.#engine = opened.engine;
    this.#isa = opened.isa;
    this.problem = opened.problem;
  }

  build(stages: readonly number[], ahead: boolean): Promise<NativeCache>[] {
    return this.#addon.build(this.#engine, stages, ahead);
  }

  release(cache: NativeCache): void {
    this.#addon.release(cache);
  }

  verify(cache: NativeCache, items: Uint8Array, caller: number): Promise<Uint8Array> {
    return this.#addon.verify(this.#engine, cache, items, caller);
  }

  search(cache: NativeCache, slice: SearchSlice): Promise<Hit | undefined | null> {
    const { headerHash, start, count, limit } = slice;
    return this.#addon.search(this.#engine, cache, headerHash, start, count, limit);
  }

  stats(): ReturnType<Kernel<NativeCache>['stats']> {
    const { queued, running, hashes, fileProblem } = this.#addon.stats(this.#engine);
    return {
      isa: this.#isa,
      threads: this.#threads,
      queued,
      running,
      threadHashes: hashes,
      ...(fileProblem !== '' && { fileProblem }),
    };
  }

  close(): Promise<void> {
    this.#addon.close(this.#engine);
    return Promise.resolve();
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

/** Throws Error unless the addon's keccak and sizes are right. Its hashes are tested when an engine is opened. */
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
