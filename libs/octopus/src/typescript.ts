// The TypeScript kernel: the reference implementation on worker threads, so that the event loop never waits for it.
import { existsSync } from 'node:fs';
import { DEFAULT_QUEUE, type Hit, type Kernel, type SearchSlice } from './engine.js';
import { FairQueue } from './fair-queue.js';
import { low64 } from './limits.js';
import { packResult, unpackItem, VERIFY_ITEM_BYTES, VERIFY_RESULT_BYTES } from './packed.js';
import type { LightCache } from './reference/light-cache.js';
import { TaskThread } from './task-thread.js';

/** Some 100 ms of the one hashing thread. */
const SEARCH_SLICE = 8;

export class TypeScriptKernel implements Kernel<LightCache> {
  readonly kind = 'typescript';
  readonly searchSlice = SEARCH_SLICE;
  // Two threads: a build of seconds must not hold up the hashes of another stage. Caches live in shared memory.
  readonly #builder: TaskThread;
  readonly #hasher: TaskThread;
  readonly #queue = new FairQueue(() => 1);
  #hashes = 0;

  constructor(workerFile: URL = findWorkerFile()) {
    this.#builder = new TaskThread(workerFile);
    this.#hasher = new TaskThread(workerFile);
  }

  build(stages: readonly number[]): Promise<LightCache>[] {
    return stages.map((stage) => this.#builder.run('build', { stage }));
  }

  release(): void {
    // Shared memory goes with its last reference.
  }

  async verify(cache: LightCache, items: Uint8Array, caller: number): Promise<Uint8Array> {
    const count = items.length / VERIFY_ITEM_BYTES;
    const results = new Uint8Array(count * VERIFY_RESULT_BYTES);
    const judge = async (index: number): Promise<void> => {
      const item = unpackItem(items, index);
      const request = { cache, headerHash: item.headerHash, nonce: low64(item.nonce) };
      const full = this.#queue.queued >= DEFAULT_QUEUE;
      const hash = full ? undefined : await this.#queue.run(caller, () => this.#hasher.run('hash', request));
      if (hash) this.#hashes++;
      packResult(results, index, item, hash);
    };
    await Promise.all(Array.from({ length: count }, (_, index) => judge(index)));
    return results;
  }

  async search(cache: LightCache, slice: SearchSlice): Promise<Hit | undefined> {
    const hit = await this.#hasher.run('search', { cache, slice });
    this.#hashes += hit ? hit.index + 1 : slice.count;
    return hit;
  }

  stats(): ReturnType<Kernel<LightCache>['stats']> {
    const { queued, running } = this.#queue;
    return { isa: this.kind, threads: 1, queued, running, threadHashes: [this.#hashes] };
  }

  async close(): Promise<void> {
    await Promise.all([this.#builder.stop(), this.#hasher.stop()]);
  }
}

// Node cannot load TypeScript into a thread: from source, the compiled file in dist is the one to run.
function findWorkerFile(): URL {
  const compiled = import.meta.url.endsWith('.js');
  const path = compiled ? './worker.js' : '../../../dist/libs/octopus/src/worker.js';
  const file = new URL(path, import.meta.url);
  if (!existsSync(file)) {
    throw new Error(
      `the TypeScript engine runs compiled code, and ${file.pathname} is missing: run npm run build`,
    );
  }
  return file;
}
