// The engine: checks arguments, finds the light cache, splits searches. The hashing itself is a kernel's.
import { LightCaches, type CacheSource } from './light-caches.js';
import { checkBigint, checkHash32, checkInteger, copyHash32, low64, MAX_HEIGHT } from './limits.js';
import {
  gather,
  groupByStage,
  packHash,
  scatter,
  VERIFY_ITEM_BYTES,
  VERIFY_RESULT_BYTES,
  VerifyVerdict,
  type StageItems,
} from './packed.js';
import { stageOf } from './reference/sizes.js';

export type EngineKind = 'native' | 'typescript';

export interface SearchRequest {
  /** 32 bytes */
  readonly headerHash: Uint8Array;
  readonly height: number;
  /** First nonce, any bigint >= 0; only the low 64 bits enter. */
  readonly start: bigint;
  /** Nonces to try at most: an integer from 0 to 2^53 - 1. There is no way to cancel but `close`: call with a small one. */
  readonly count: number;
  /** From 1 to 2^256. */
  readonly boundary: bigint;
}

export interface SearchResult {
  /** Nonces tried, the found one included. */
  readonly tried: number;
  /** nonce: below 2^64. hash: 32 bytes, big-endian integer, below the boundary. */
  readonly found?: { readonly nonce: bigint; readonly hash: Uint8Array };
}

export interface EngineOptions {
  /** Threads that hash, 1 to 256. Default: one less than there are cores. TypeScript uses one. */
  readonly threads?: number;
  /** Hashes that may wait, 1 to 2^20. Default DEFAULT_QUEUE. */
  readonly queue?: number;
  /** The addon's code path: `scalar`, `avx2`, `avx512`, `neon`; default: the best that passes its self-test. */
  readonly isa?: string;
  /** Binds each thread to a core of its own, where the system allows it: for miners. */
  readonly pinned?: boolean;
  /** Folder where light caches are kept between runs. Default: nowhere. */
  readonly cacheFolder?: string;
  /** Bytes that light caches may take together. Default DEFAULT_CACHE_BYTES. */
  readonly maxCacheBytes?: number;
}

/** Half a second's work for a core; what comes beyond it is answered at once. */
export const DEFAULT_QUEUE = 4096;

/** Room for the three stages around a height until the year 2100, when each has 80 MB; today they have 106 MB together. */
export const DEFAULT_CACHE_BYTES = 256 * 2 ** 20;

export interface EngineStats {
  /** The code path in use: `scalar`, `avx2`, `avx512`, `neon`, or `typescript`. */
  readonly isa: string;
  /** Threads that hash. */
  readonly threads: number;
  /** Hashes that wait for a thread. */
  readonly queued: number;
  /** Hashes under way. */
  readonly running: number;
  /** Hashes computed since the engine was opened, searches included. */
  readonly hashes: number;
  /** The same, thread by thread. */
  readonly threadHashes: readonly number[];
  /** Stages whose light cache is ready, ascending. */
  readonly stages: readonly number[];
  /** Stages whose light cache is being built, ascending. */
  readonly building: readonly number[];
  /** Bytes of all light caches held. */
  readonly cacheBytes: number;
  /** Why the last light cache could not be written to the cache folder; hashing goes on without. */
  readonly fileProblem?: string;
}

/** Thrown by `hash` and `verifyBatch` when the queue is full: answer the caller that nothing was checked. */
export class EngineBusyError extends Error {
  override readonly name = 'EngineBusyError';
}

/**
 * Computes Octopus hashes off the event loop. Every method rejects with TypeError (wrong type or length) or
 * RangeError (wrong value) for bad arguments, and with Error when the engine is closed, memory is short or the
 * thread that did the work died; the next call then starts afresh. An idle engine does not keep the process alive.
 * It bounds the caches it keeps, not the calls in flight: that is the caller's window.
 */
export interface PowEngine {
  readonly kind: EngineKind;
  /**
   * The hash of a block.
   * headerHash: 32 bytes, without the nonce. nonce: any bigint >= 0; only the low 64 bits enter.
   * height: integer from 0 to MAX_HEIGHT. Resolves to 32 bytes, a big-endian integer.
   * caller: whose turn it is. Callers take turns, however many hashes each of them waits for; left out, all calls are
   * one caller's. Rejects with EngineBusyError when too many hashes wait already.
   */
  hash(headerHash: Uint8Array, nonce: bigint, height: number, caller?: object): Promise<Uint8Array>;
  /**
   * Judges many shares with one call into the engine: `items` holds them packed, VERIFY_ITEM_BYTES each:
   * header hash (32 bytes) | nonce (32, big-endian) | boundary (32, big-endian) | height (8, little-endian).
   * Resolves to VERIFY_RESULT_BYTES each, in the same order: verdict (1: a VerifyVerdict) | hash (32, big-endian). The
   * rule is Conflux's: (hash - (nonce and (2^255 - 2^128))) mod 2^256 < boundary, or boundary = 2^256 - 1. Items that
   * find the queue full have verdict UNCHECKED and a hash of zeros. At most VERIFY_MAX_ITEMS; more than the queue holds
   * find it full.
   */
  verifyBatch(items: Uint8Array, caller?: object): Promise<Uint8Array>;
  /**
   * Tries nonces start, start + 1, ... (mod 2^64), at most count; resolves with the first whose hash is below the
   * boundary (with lower bound 0), or none.
   */
  search(request: SearchRequest): Promise<SearchResult>;
  /**
   * Builds the light caches of the heights' stages so that the next hash is fast, several side by side. Calls for one
   * stage share one build; hashes of other stages go on meanwhile. The three stages used last are kept, fewer when they
   * would take more than maxCacheBytes. Near the end of a stage the next one is built in the background, unasked.
   */
  prepare(...heights: number[]): Promise<void>;
  /** Whether a hash of this height would not have to wait for a light cache. Throws what `hash` rejects with. */
  isReady(height: number): boolean;
  /** What the engine is doing, for metrics. Cheap. */
  stats(): EngineStats;
  /** Stops searches, waits for what cannot be stopped, frees all memory. May be called again. */
  close(): Promise<void>;
}

/** One call of a kernel's search: at most `searchSlice` nonces. */
export interface SearchSlice {
  readonly headerHash: Uint8Array;
  readonly start: bigint;
  readonly count: number;
  /** 32 bytes big-endian: the highest hash that counts. */
  readonly limit: Uint8Array;
}

export interface Hit {
  /** Distance from the slice's start. */
  readonly index: number;
  readonly hash: Uint8Array;
}

/** An implementation of the hash. Arguments come checked; `Cache` is opaque to the engine. */
export interface Kernel<Cache> extends CacheSource<Cache> {
  readonly kind: EngineKind;
  /** Nonces per call of search: what close() has to wait for. */
  readonly searchSlice: number;
  /** Items and results as for `verifyBatch`, all of the cache's stage. */
  verify(cache: Cache, items: Uint8Array, caller: number): Promise<Uint8Array>;
  /** null: the kernel was closed. */
  search(cache: Cache, slice: SearchSlice): Promise<Hit | undefined | null>;
  stats(): Omit<EngineStats, 'stages' | 'building' | 'cacheBytes' | 'hashes'>;
  /** Rejects what is pending or lets it end. */
  close(): Promise<void>;
}

const MAX_BOUNDARY = 2n ** 256n;
/** Heights before the edge of a stage at which the next one is built: nearly three hours of blocks. */
const BUILD_AHEAD = 20_000;

export class OctopusEngine<Cache> implements PowEngine {
  readonly kind: EngineKind;
  readonly #kernel: Kernel<Cache>;
  readonly #caches: LightCaches<Cache>;
  readonly #callers = new WeakMap<object, number>();
  #lastCaller = 0;
  #closed = false;

  constructor(kernel: Kernel<Cache>, maxCacheBytes: number = DEFAULT_CACHE_BYTES) {
    this.kind = kernel.kind;
    this.#kernel = kernel;
    this.#caches = new LightCaches(kernel, maxCacheBytes);
  }

  async hash(headerHash: Uint8Array, nonce: bigint, height: number, caller?: object): Promise<Uint8Array> {
    checkBigint('nonce', nonce, 0n);
    checkHash32('headerHash', headerHash);
    const item = packHash(headerHash, low64(nonce));
    const result = await this.#run(height, (cache) => this.#kernel.verify(cache, item, this.#idOf(caller)));
    if (result[0] === VerifyVerdict.UNCHECKED) {
      throw this.#closed ? closedError() : new EngineBusyError('too many hashes wait already');
    }
    return result.subarray(1);
  }

  async verifyBatch(items: Uint8Array, caller?: object): Promise<Uint8Array> {
    const groups = groupByStage(items);
    const given = Uint8Array.from(items);
    const id = this.#idOf(caller);
    const results = new Uint8Array((given.length / VERIFY_ITEM_BYTES) * VERIFY_RESULT_BYTES);
    const verify = async ({ height, indexes }: StageItems): Promise<void> => {
      const part = groups.length === 1 ? given : gather(given, VERIFY_ITEM_BYTES, indexes);
      const verified = await this.#run(height, (cache) => this.#kernel.verify(cache, part, id));
      scatter(verified, VERIFY_RESULT_BYTES, indexes, results);
    };
    await Promise.all(groups.map(verify));
    this.#checkOpen();
    return results;
  }

  async search(request: SearchRequest): Promise<SearchResult> {
    const { start, count, boundary, height } = request;
    const headerHash = copyHash32('headerHash', request.headerHash);
    checkBigint('start', start, 0n);
    checkBigint('boundary', boundary, 1n, MAX_BOUNDARY);
    checkInteger('count', count, 0, Number.MAX_SAFE_INTEGER);
    const limit = bytesOf(boundary - 1n);
    return this.#run(height, async (cache) => {
      for (let tried = 0; tried < count; tried += this.#kernel.searchSlice) {
        this.#checkOpen();
        const from = low64(start + BigInt(tried));
        const slice = {
          headerHash,
          start: from,
          count: Math.min(count - tried, this.#kernel.searchSlice),
          limit,
        };
        const hit = await this.#kernel.search(cache, slice);
        if (hit === null) throw closedError();
        if (hit) {
          const nonce = low64(from + BigInt(hit.index));
          return { tried: tried + hit.index + 1, found: { nonce, hash: hit.hash } };
        }
      }
      return { tried: count };
    });
  }

  async prepare(...heights: number[]): Promise<void> {
    await Promise.all(heights.map(async (height) => this.#run(height, () => undefined)));
  }

  isReady(height: number): boolean {
    return this.#caches.isReady(stageOf(height));
  }

  stats(): EngineStats {
    const stats = this.#kernel.stats();
    const hashes = stats.threadHashes.reduce((sum, count) => sum + count, 0);
    return { ...stats, hashes, ...this.#caches.stats() };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const idle = this.#caches.close();
    await this.#kernel.close();
    await idle;
  }

  /** Throws what is wrong with the height, and when the engine is closed. */
  #run<Result>(height: number, task: (cache: Cache) => Promise<Result> | Result): Promise<Result> {
    const stage = stageOf(height);
    this.#checkOpen();
    const using = this.#caches.use(stage, task);
    if (stage < stageOf(Math.min(height + BUILD_AHEAD, MAX_HEIGHT))) this.#caches.buildAhead(stage + 1);
    return using;
  }

  #idOf(caller: object | undefined): number {
    if (caller === undefined) return 0;
    let id = this.#callers.get(caller);
    if (id === undefined) this.#callers.set(caller, (id = ++this.#lastCaller));
    return id;
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }
}

function closedError(): Error {
  return new Error('the Octopus engine is closed');
}

function bytesOf(number: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(number.toString(16).padStart(64, '0'), 'hex'));
}
