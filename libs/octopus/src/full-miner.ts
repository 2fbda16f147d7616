// Mining with the data set of a stage in memory: some thousand times the rate of the light algorithm, for 4.3 GB and
// more. The native addon only; ../native/addon-full.cpp does the work on threads of its own, this file asks it.
import { checkBigint, checkStage, copyHash32 } from './limits.js';
import { openAddon } from './native.js';
import { defaultThreads } from './settings.js';

declare const nativeMiner: unique symbol;
export interface NativeMiner {
  readonly [nativeMiner]: true;
}

interface NativeStatus {
  readonly state: 'none' | 'building' | 'ready' | 'failed';
  readonly stage: number;
  readonly pages: number;
  readonly builtPages: number;
  readonly result: 'built' | 'memory' | 'threads' | 'cancelled' | 'wrong';
  readonly neededBytes: number;
  readonly availableBytes?: number;
  readonly hashes: number[];
}

/** What ../native/addon-full.cpp exports; described there. */
export interface FullAddon {
  fullOpen(
    isa: string,
    threads: number,
    pinned: boolean,
  ): { miner: NativeMiner; isa: string; problem: string };
  fullMemory(stage: number): MemoryNeed;
  fullBuild(miner: NativeMiner, stage: number, pages: number): boolean;
  fullStatus(miner: NativeMiner): NativeStatus;
  fullWork(miner: NativeMiner, id: number, headerHash: Uint8Array, limit: Uint8Array, start: bigint): boolean;
  fullPause(miner: NativeMiner): void;
  fullTake(miner: NativeMiner): { id: number; nonce: bigint; hash: Uint8Array }[];
  fullClose(miner: NativeMiner): void;
}

export interface MemoryNeed {
  readonly neededBytes: number;
  /** Absent where the system does not tell (it is asked on Linux only); then building is tried. */
  readonly availableBytes?: number;
}

/** The data set does not fit the memory that is left. */
export class DataSetMemoryError extends Error {
  constructor(
    readonly stage: number,
    readonly memory: MemoryNeed,
  ) {
    const { neededBytes, availableBytes } = memory;
    const available =
      availableBytes === undefined ? 'the system gave less' : `there are ${gib(availableBytes)}`;
    super(`the data set of stage ${stage} needs ${gib(neededBytes)} of memory, ${available}`);
    this.name = 'DataSetMemoryError';
  }
}

/** Building ended because the miner was closed. */
export class DataSetCancelledError extends Error {
  constructor(stage: number) {
    super(`the data set of stage ${stage} was given up`);
    this.name = 'DataSetCancelledError';
  }
}

export interface FullMinerOptions {
  /** Threads that build and mine; one core less than there are, unless given. At most 256. */
  readonly threads?: number;
  /** Binds each thread to a core of its own (Linux). On, unless given. */
  readonly pinned?: boolean;
  /** `scalar`, `avx2`, `avx512` or `neon`; the best, unless given. */
  readonly isa?: string;
}

export interface FullWork {
  /** 32 bytes. */
  readonly headerHash: Uint8Array;
  /** From 1 to 2^256 - 1; a hash below it is found. */
  readonly boundary: bigint;
  /** First nonce, below 2^64, rounded down to a multiple of 32. */
  readonly start: bigint;
}

/** nonce: below 2^64. hash: 32 bytes, big-endian integer, below the boundary. */
export interface FullFound {
  readonly nonce: bigint;
  readonly hash: Uint8Array;
}

export interface BuildProgress {
  readonly builtPages: number;
  readonly pages: number;
}

export interface BuildOptions {
  /** Called a few times a second. */
  readonly onProgress?: (progress: BuildProgress) => void;
  /** Tests only: pages of the data set, with hashes of their own. All of the stage, unless given. */
  readonly pages?: number;
}

/** How often hits are fetched; a share is late by half of that. */
const POLL_MS = 10;
const PROGRESS_MS = 250;
const MAX_BOUNDARY = 2n ** 256n - 1n;
const MAX_NONCE = 2n ** 64n - 1n;

/** One data set and the threads that mine with it. Close it, or its threads and memory stay. */
export class FullMiner {
  readonly isa: string;
  /** Why a better code path than `isa` is not in use; empty when none failed. */
  readonly problem: string;
  readonly #addon: FullAddon;
  readonly #miner: NativeMiner;
  #ready: number | undefined;
  #building = false;
  #closed = false;
  #workId = 0;
  #poll: NodeJS.Timeout | undefined;
  #onFound: ((found: FullFound) => void) | undefined;

  /** Throws Error without the addon, or when the code path asked for does not work here, or threads cannot be had. */
  constructor(options: FullMinerOptions = {}, addon: FullAddon = openAddon()) {
    const { threads = defaultThreads(), pinned = true, isa = '' } = options;
    const opened = addon.fullOpen(isa, threads, pinned);
    this.#addon = addon;
    this.#miner = opened.miner;
    this.isa = opened.isa;
    this.problem = opened.problem;
  }

  /** The stage whose data set is ready to be mined with. */
  get stage(): number | undefined {
    return this.#ready;
  }

  /** What a build of this stage would need and have if there were no data set now. */
  memoryFor(stage: number): MemoryNeed {
    checkStage(stage);
    return this.#addon.fullMemory(stage);
  }

  /**
   * Stops mining, frees the data set there is and builds that of a stage, with all threads: some 30 s for 4.3 GB on two
   * cores. Samples are compared with the light algorithm. Rejects with DataSetMemoryError, DataSetCancelledError (closed
   * meanwhile), or Error (no threads, wrong samples, another build under way).
   */
  async build(stage: number, options: BuildOptions = {}): Promise<void> {
    checkStage(stage);
    if (this.#closed) throw new DataSetCancelledError(stage);
    if (this.#building) throw new Error('another data set is being built');
    this.pause();
    this.#ready = undefined;
    if (!this.#addon.fullBuild(this.#miner, stage, options.pages ?? 0)) {
      throw new Error('another data set is being built');
    }
    this.#building = true;
    try {
      await this.#built(stage, options.onProgress);
      this.#ready = stage;
    } finally {
      this.#building = false;
    }
  }

  /** Turns all threads to this work within milliseconds; hits of earlier work are not told any more. Throws Error
   * unless a data set is ready. */
  setWork(work: FullWork, onFound: (found: FullFound) => void): void {
    checkBigint('boundary', work.boundary, 1n, MAX_BOUNDARY);
    checkBigint('start', work.start, 0n, MAX_NONCE);
    const headerHash = copyHash32('headerHash', work.headerHash);
    const limit = Buffer.from((work.boundary - 1n).toString(16).padStart(64, '0'), 'hex');
    if (this.#ready === undefined) throw new Error('no data set is ready');
    this.#workId = (this.#workId + 1) % 2 ** 32;
    this.#onFound = onFound;
    this.#addon.fullWork(this.#miner, this.#workId, headerHash, limit, work.start);
    this.#poll ??= setInterval(() => this.#tellFound(), POLL_MS);
  }

  /** Threads rest when this returns, a millisecond or two later. What was found before is still told. */
  pause(): void {
    if (this.#closed) return;
    this.#addon.fullPause(this.#miner);
    this.#tellFound();
    clearInterval(this.#poll);
    this.#poll = undefined;
  }

  /** Nonces that each thread has hashed since the start. */
  threadHashes(): number[] {
    return this.#addon.fullStatus(this.#miner).hashes;
  }

  /** Ends threads and building and frees the memory, within some 10 ms; blocks as long. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.pause();
    this.#closed = true;
    this.#ready = undefined;
    this.#addon.fullClose(this.#miner);
  }

  async #built(stage: number, onProgress: BuildOptions['onProgress']): Promise<void> {
    for (;;) {
      const status = this.#addon.fullStatus(this.#miner);
      onProgress?.(status);
      if (this.#closed) throw new DataSetCancelledError(stage);
      if (status.state === 'ready') return;
      if (status.state === 'failed') throw failureOf(status);
      await new Promise((resolve) => setTimeout(resolve, PROGRESS_MS));
    }
  }

  #tellFound(): void {
    for (const { id, nonce, hash } of this.#addon.fullTake(this.#miner)) {
      if (id === this.#workId) this.#onFound?.({ nonce, hash });
    }
  }
}

function failureOf(status: NativeStatus): Error {
  switch (status.result) {
    case 'memory':
      return new DataSetMemoryError(status.stage, status);
    case 'cancelled':
      return new DataSetCancelledError(status.stage);
    case 'threads':
      return new Error('the system gives no threads to build the data set with');
    default:
      return new Error(
        `the data set of stage ${status.stage} differs from the light algorithm: this machine computes wrong`,
      );
  }
}

function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
