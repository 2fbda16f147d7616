// Which light caches exist: one build per stage however many ask, the last few stages kept, none freed in use, never
// more bytes than allowed. What a cache is and how it is built is the kernel's business.
import { cacheBytes } from './reference/sizes.js';

/** Previous, current and next stage. */
const KEPT_STAGES = 3;
/** As many as an addon builds side by side in little more than the time of one. */
const CONCURRENT_BUILDS = 8;

export interface CacheSource<Cache> {
  /** One promise per stage. ahead: nobody waits for them yet, so they may take their time. */
  build(stages: readonly number[], ahead: boolean): Promise<Cache>[];
  release(cache: Cache): void;
}

interface Entry<Cache> {
  readonly cache: Promise<Cache>;
  readonly bytes: number;
  leases: number;
  /** The cache itself once it is built: waiting for a promise each time is dear. */
  ready: Cache | undefined;
}

interface WaitingBuild<Cache> {
  readonly stage: number;
  readonly ahead: boolean;
  readonly start: (cache: Cache) => void;
  readonly fail: (error: unknown) => void;
}

export class LightCaches<Cache> {
  readonly #source: CacheSource<Cache>;
  readonly #maxBytes: number;
  /** Least recently used first. Holds more than KEPT_STAGES only while more are in use at once. */
  readonly #entries = new Map<number, Entry<Cache>>();
  /** The last of them. */
  #newest: number | undefined;
  #waiting: WaitingBuild<Cache>[] = [];
  #willStart = false;
  #builds = 0;
  #kept = KEPT_STAGES;
  #uses = 0;
  readonly #onIdle: (() => void)[] = [];
  /** Of caches that are ready, being built or still in use after they were dropped from the entries. */
  #bytes = 0;

  constructor(source: CacheSource<Cache>, maxBytes = Infinity) {
    this.#source = source;
    this.#maxBytes = maxBytes;
  }

  /** Runs the task with the stage's cache, built first if need be; rejects with the error of the build or the task. */
  async use<Result>(stage: number, task: (cache: Cache) => Promise<Result> | Result): Promise<Result> {
    const entry = this.#entries.get(stage) ?? this.#add(stage, false);
    if (stage !== this.#newest) this.#makeNewest(stage, entry);
    entry.leases += 1;
    this.#uses += 1;
    try {
      return await task(entry.ready ?? (await entry.cache));
    } finally {
      entry.leases -= 1;
      this.#uses -= 1;
      this.#trim();
      if (this.#uses === 0) for (const tell of this.#onIdle.splice(0)) tell();
    }
  }

  /** Has the stage built in the background, unless it is there or under way. A failure shows when it is used. */
  buildAhead(stage: number): void {
    if (!this.#entries.has(stage) && this.#kept > 0) this.#add(stage, true);
  }

  stats(): { stages: number[]; building: number[]; cacheBytes: number } {
    const ascending = (ready: boolean): number[] =>
      [...this.#entries]
        .filter(([, entry]) => (entry.ready !== undefined) === ready)
        .map(([stage]) => stage)
        .toSorted((a, b) => a - b);
    return { stages: ascending(true), building: ascending(false), cacheBytes: this.#bytes };
  }

  /** Frees every cache as soon as it is out of use, and builds no more. Resolves when the last use has ended. */
  async close(): Promise<void> {
    this.#kept = 0;
    this.#trim();
    for (const { fail } of this.#waiting.splice(0)) fail(new Error('the Octopus engine is closed'));
    if (this.#uses > 0) await new Promise<void>((tell) => this.#onIdle.push(tell));
  }

  #add(stage: number, ahead: boolean): Entry<Cache> {
    const cache = new Promise<Cache>((resolve, fail) => {
      this.#waiting.push({ stage, ahead, start: resolve, fail });
    });
    const entry: Entry<Cache> = { cache, bytes: cacheBytes(stage), leases: 0, ready: undefined };
    this.#makeNewest(stage, entry);
    cache.then(
      (built) => (entry.ready = built),
      () => {
        if (this.#entries.get(stage) === entry) this.#entries.delete(stage);
      },
    );
    this.#startSoon();
    return entry;
  }

  #makeNewest(stage: number, entry: Entry<Cache>): void {
    this.#entries.delete(stage);
    this.#entries.set(stage, entry);
    this.#newest = stage;
  }

  /** At the end of this turn of the event loop, so that stages asked for together are built together. */
  #startSoon(): void {
    if (this.#willStart) return;
    this.#willStart = true;
    queueMicrotask(() => {
      this.#willStart = false;
      this.#start();
    });
  }

  #start(): void {
    const starting: WaitingBuild<Cache>[] = [];
    for (const build of this.#waiting) {
      if (this.#builds >= CONCURRENT_BUILDS) break;
      const bytes = cacheBytes(build.stage);
      this.#makeRoom(bytes);
      // One alone may be larger than the bound: without it there would be no verdict at all.
      if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) break;
      this.#bytes += bytes;
      this.#builds += 1;
      starting.push(build);
    }
    this.#waiting = this.#waiting.slice(starting.length);
    for (const ahead of [false, true]) {
      const builds = starting.filter((build) => build.ahead === ahead);
      if (builds.length === 0) continue;
      const stages = builds.map(({ stage }) => stage);
      const caches = this.#source.build(stages, ahead);
      builds.forEach(({ stage, start, fail }, i) => {
        const cache = caches[i] ?? Promise.reject(new Error(`no build of stage ${stage}`));
        cache.then(
          () => this.#ended(0),
          () => this.#ended(cacheBytes(stage)),
        );
        cache.then(start, fail);
      });
    }
  }

  #ended(freedBytes: number): void {
    this.#builds -= 1;
    this.#bytes -= freedBytes;
    // A build that nobody waits for has no lease whose end would trim.
    this.#trim();
    this.#startSoon();
  }

  #makeRoom(bytes: number): void {
    for (const [stage, entry] of this.#entries) {
      if (this.#bytes + bytes <= this.#maxBytes) return;
      if (isFree(entry)) this.#drop(stage, entry);
    }
  }

  #trim(): void {
    if (this.#entries.size > this.#kept) this.#dropUnused();
    if (this.#waiting.length > 0) this.#startSoon();
  }

  #dropUnused(): void {
    for (const [stage, entry] of this.#entries) {
      if (this.#entries.size <= this.#kept) return;
      if (isFree(entry)) this.#drop(stage, entry);
    }
  }

  #drop(stage: number, entry: Entry<Cache>): void {
    this.#entries.delete(stage);
    this.#bytes -= entry.bytes;
    void entry.cache.then((cache) => this.#source.release(cache));
  }
}

function isFree({ ready, leases }: Entry<unknown>): boolean {
  return ready !== undefined && leases === 0;
}
