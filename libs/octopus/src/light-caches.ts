// Which light caches exist: one build per stage however many ask, the last few stages kept, none freed in use.
// What a cache is and how it is built is the kernel's business.

/** Previous, current and next stage: 110 MB at today's heights. */
const KEPT_STAGES = 3;
/** Builds run on threads that hashes of other stages need too (libuv has four). */
const CONCURRENT_BUILDS = 2;

export interface CacheSource<Cache> {
  build(stage: number): Promise<Cache>;
  release(cache: Cache): void;
}

interface Entry<Cache> {
  readonly cache: Promise<Cache>;
  leases: number;
}

export class LightCaches<Cache> {
  readonly #source: CacheSource<Cache>;
  /** Least recently used first. Holds more than KEPT_STAGES only while more are in use at once. */
  readonly #entries = new Map<number, Entry<Cache>>();
  readonly #waitingBuilds: (() => void)[] = [];
  #builds = 0;
  #kept = KEPT_STAGES;

  constructor(source: CacheSource<Cache>) {
    this.#source = source;
  }

  /** Runs the task with the stage's cache, built first if need be; rejects with the error of the build or the task. */
  async use<Result>(stage: number, task: (cache: Cache) => Promise<Result> | Result): Promise<Result> {
    const entry = this.#entries.get(stage) ?? this.#add(stage);
    this.#entries.delete(stage);
    this.#entries.set(stage, entry);
    entry.leases += 1;
    try {
      return await task(await entry.cache);
    } finally {
      entry.leases -= 1;
      this.#trim();
    }
  }

  /** Frees every cache as soon as it is out of use, and builds no more. */
  close(): void {
    this.#kept = 0;
    this.#trim();
    for (const wake of this.#waitingBuilds.splice(0)) wake();
  }

  #add(stage: number): Entry<Cache> {
    const entry: Entry<Cache> = { cache: this.#build(stage), leases: 0 };
    this.#entries.set(stage, entry);
    entry.cache.catch(() => {
      if (this.#entries.get(stage) === entry) this.#entries.delete(stage);
    });
    return entry;
  }

  async #build(stage: number): Promise<Cache> {
    while (this.#builds >= CONCURRENT_BUILDS && this.#kept > 0) {
      await new Promise<void>((wake) => this.#waitingBuilds.push(wake));
    }
    if (this.#kept === 0) throw new Error('the Octopus engine is closed');
    this.#builds += 1;
    try {
      return await this.#source.build(stage);
    } finally {
      this.#builds -= 1;
      this.#waitingBuilds.shift()?.();
    }
  }

  #trim(): void {
    for (const [stage, entry] of this.#entries) {
      if (this.#entries.size <= this.#kept) return;
      if (entry.leases > 0) continue;
      this.#entries.delete(stage);
      entry.cache.then(
        (cache) => this.#source.release(cache),
        () => undefined,
      );
    }
  }
}
