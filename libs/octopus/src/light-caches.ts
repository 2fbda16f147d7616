// Which light caches exist: one build per stage however many ask, the last few stages kept, none freed in use, never
// more bytes than allowed. What a cache is and how it is built is the kernel's business.
import { cacheBytes } from './reference/sizes.js';

/** Previous, current and next stage. */
const KEPT_STAGES = 3;
/** Stages whose building ahead is remembered, so that one that had to go again is not built over and over. */
const REMEMBERED_AHEAD = 64;
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
  /** Until somebody waits for it. */
  ahead: boolean;
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
  readonly #triedAhead = new Set<number>();
  readonly #onIdle: (() => void)[] = [];
  /** Of caches that are ready or being built. */
  #bytes = 0;

  constructor(source: CacheSource<Cache>, maxBytes = Infinity) {
    this.#source = source;
    this.#maxBytes = maxBytes;
  }

  /** Runs the task with the stage's cache, built first if need be; rejects with the error of the build or the task. */
  async use<Result>(stage: number, task: (cache: Cache) => Promise<Result> | Result): Promise<Result> {
    const entry = this.#entries.get(stage) ?? this.#add(stage, false);
    if (!entry.ready) this.#hasten(stage);
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

  /**
   * Has the stage built in the background, once, where there is room beside the stage used last. A failure shows when
   * the stage is used.
   */
  buildAhead(stage: number): void {
    if (this.#entries.has(stage) || this.#triedAhead.has(stage) || this.#kept === 0) return;
    if (this.#triedAhead.size >= REMEMBERED_AHEAD) this.#triedAhead.clear();
    this.#triedAhead.add(stage);
    this.#add(stage, true);
  }

  isReady(stage: number): boolean {
    return this.#entries.get(stage)?.ready !== undefined;
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
    const entry: Entry<Cache> = {
      cache: new Promise<Cache>((start, fail) => {
        this.#waiting.push({ stage, ahead, start, fail });
      }),
      bytes: cacheBytes(stage),
      leases: 0,
      ready: undefined,
    };
    // The newest is the one used last; what nobody has used goes first.
    if (ahead) this.#addOldest(stage, entry);
    else this.#makeNewest(stage, entry);
    entry.cache.catch(() => {
      if (this.#entries.get(stage) === entry) this.#entries.delete(stage);
    });
    this.#startSoon();
    return entry;
  }

  /** Somebody waits for it now. */
  #hasten(stage: number): void {
    for (const build of this.#waiting) if (build.stage === stage) build.ahead = false;
  }

  #addOldest(stage: number, entry: Entry<Cache>): void {
    const others = [...this.#entries];
    this.#entries.clear();
    this.#entries.set(stage, entry);
    for (const [other, kept] of others) this.#entries.set(other, kept);
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
    const later: WaitingBuild<Cache>[] = [];
    for (const build of this.#waiting.toSorted((a, b) => Number(a.ahead) - Number(b.ahead))) {
      if (this.#builds >= CONCURRENT_BUILDS || !this.#makeRoom(build)) {
        if (build.ahead) this.#giveUp(build);
        else later.push(build);
        continue;
      }
      this.#bytes += cacheBytes(build.stage);
      this.#builds += 1;
      starting.push(build);
    }
    this.#waiting = later;
    this.#build(
      starting.filter(({ ahead }) => !ahead),
      false,
    );
    this.#build(
      starting.filter(({ ahead }) => ahead),
      true,
    );
  }

  /** What was to be built ahead is built with its first use instead. */
  #giveUp({ stage, fail }: WaitingBuild<Cache>): void {
    this.#entries.delete(stage);
    fail(new Error(`no room for the light cache of stage ${stage} yet`));
  }

  #build(builds: readonly WaitingBuild<Cache>[], ahead: boolean): void {
    if (builds.length === 0) return;
    let caches: Promise<Cache>[];
    try {
      caches = this.#source.build(
        builds.map(({ stage }) => stage),
        ahead,
      );
    } catch (error) {
      caches = builds.map(async () => Promise.reject(toError(error)));
    }
    builds.forEach(({ stage, start, fail }, i) => {
      caches[i]?.then(
        (cache) => {
          const entry = this.#entries.get(stage);
          if (entry) entry.ready = cache;
          start(cache);
          this.#ended(0);
        },
        (error: unknown) => {
          fail(error);
          this.#ended(cacheBytes(stage));
        },
      );
    });
  }

  #ended(freedBytes: number): void {
    this.#builds -= 1;
    this.#bytes -= freedBytes;
    // A build that nobody waits for has no lease whose end would trim.
    this.#trim();
  }

  /** One alone may be larger than the bound: without it there would be no verdict at all. */
  #makeRoom({ stage: wanted, ahead }: WaitingBuild<Cache>): boolean {
    const bytes = cacheBytes(wanted);
    const fits = (): boolean => this.#bytes + bytes <= this.#maxBytes;
    for (const [stage, entry] of this.#entries) {
      if (fits()) return true;
      if (isFree(entry) && !(ahead && stage === this.#newest)) this.#drop(stage, entry);
    }
    return fits() || (this.#bytes === 0 && !ahead);
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

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
