// The TypeScript kernel: the reference implementation on worker threads, so that the event loop never waits for it.
import { existsSync } from 'node:fs';
import type { Hit, Kernel, SearchSlice } from './engine.js';
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

  constructor(workerFile: URL = findWorkerFile()) {
    this.#builder = new TaskThread(workerFile);
    this.#hasher = new TaskThread(workerFile);
  }

  build(stage: number): Promise<LightCache> {
    return this.#builder.run('build', { stage });
  }

  release(): void {
    // Shared memory goes with its last reference.
  }

  hash(cache: LightCache, headerHash: Uint8Array, nonce: bigint): Promise<Uint8Array> {
    return this.#hasher.run('hash', { cache, headerHash, nonce });
  }

  search(cache: LightCache, slice: SearchSlice): Promise<Hit | undefined> {
    return this.#hasher.run('search', { cache, slice });
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
