// The engine: checks arguments, finds the light cache, splits searches. The hashing itself is a kernel's.
import { LightCaches, type CacheSource } from './light-caches.js';
import { checkBigint, checkInteger, copyHash32, low64 } from './limits.js';
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
  /** Stages whose light cache is ready, ascending. */
  readonly stages: readonly number[];
  /** Stages whose light cache is being built, ascending. */
  readonly building: readonly number[];
  /** Bytes of all light caches held. */
  readonly cacheBytes: number;
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
   * Tries nonces start, start + 1, ... (mod 2^64), at most count; resolves with the first whose hash is below the
   * boundary (with lower bound 0), or none.
   */
  search(request: SearchRequest): Promise<SearchResult>;
  /**
   * Builds the light cache of the height's stage so that the next hash is fast. Calls for one stage share one
   * build; hashes of other stages go on meanwhile. Three stages are kept, the least recently used goes first.
   */
  prepare(height: number): Promise<void>;
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
  /** Nonces per call of search: bounds how long one call holds its thread. */
  readonly searchSlice: number;
  hash(cache: Cache, headerHash: Uint8Array, nonce: bigint): Promise<Uint8Array>;
  search(cache: Cache, slice: SearchSlice): Promise<Hit | undefined>;
  /** Rejects what is pending or lets it end. */
  close(): Promise<void>;
}

const MAX_BOUNDARY = 2n ** 256n;

export class OctopusEngine<Cache> implements PowEngine {
  readonly kind: EngineKind;
  readonly #kernel: Kernel<Cache>;
  readonly #caches: LightCaches<Cache>;
  readonly #inFlight = new Set<Promise<unknown>>();
  #closed = false;

  constructor(kernel: Kernel<Cache>) {
    this.kind = kernel.kind;
    this.#kernel = kernel;
    this.#caches = new LightCaches(kernel);
  }

  async hash(headerHash: Uint8Array, nonce: bigint, height: number): Promise<Uint8Array> {
    const header = copyHash32('headerHash', headerHash);
    checkBigint('nonce', nonce, 0n);
    return this.#run(height, (cache) => this.#kernel.hash(cache, header, low64(nonce)));
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
        if (hit) {
          const nonce = low64(from + BigInt(hit.index));
          return { tried: tried + hit.index + 1, found: { nonce, hash: hit.hash } };
        }
      }
      return { tried: count };
    });
  }

  async prepare(height: number): Promise<void> {
    await this.#run(height, () => undefined);
  }

  stats(): EngineStats {
    return {
      isa: this.kind,
      threads: 1,
      queued: 0,
      running: this.#inFlight.size,
      hashes: 0,
      stages: [],
      building: [],
      cacheBytes: 0,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#caches.close();
    await this.#kernel.close();
    await Promise.allSettled(this.#inFlight);
  }

  async #run<Result>(height: number, task: (cache: Cache) => Promise<Result> | Result): Promise<Result> {
    const stage = stageOf(height);
    this.#checkOpen();
    const running = this.#caches.use(stage, task);
    this.#inFlight.add(running);
    try {
      return await running;
    } finally {
      this.#inFlight.delete(running);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error('the Octopus engine is closed');
  }
}

function bytesOf(number: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(number.toString(16).padStart(64, '0'), 'hex'));
}
