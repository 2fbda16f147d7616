// The engine of test chains without Octopus: a hash costs microseconds, so it runs right here.
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import type { EngineKind, EngineStats, PowEngine, SearchRequest, SearchResult } from './engine.js';
import { copyHash32, low64 } from './limits.js';
import { groupByStage, packResult, unpackItem, VERIFY_ITEM_BYTES, VERIFY_RESULT_BYTES } from './packed.js';
import { keccak256 } from './reference/keccak.js';
import { keccakTestHash } from './reference/keccak-test-hash.js';

/** Hashes between two looks at the event loop: about a millisecond. */
const SLICE = 256;

export class KeccakTestEngine implements PowEngine {
  #closed = false;
  #hashes = 0;

  /** `keccak` is the keccak256 to use. */
  constructor(
    readonly kind: EngineKind = 'typescript',
    private readonly keccak = keccak256,
  ) {}

  hash(headerHash: Uint8Array, nonce: bigint): Promise<Uint8Array> {
    this.#hashes++;
    return Promise.resolve(keccakTestHash(headerHash, nonce, this.keccak));
  }

  verifyBatch(items: Uint8Array): Promise<Uint8Array> {
    groupByStage(items);
    const count = items.length / VERIFY_ITEM_BYTES;
    const results = new Uint8Array(count * VERIFY_RESULT_BYTES);
    for (let index = 0; index < count; index++) {
      const item = unpackItem(items, index);
      packResult(results, index, item, keccakTestHash(item.headerHash, item.nonce, this.keccak));
    }
    this.#hashes += count;
    return Promise.resolve(results);
  }

  async search({ headerHash, start, count, boundary }: SearchRequest): Promise<SearchResult> {
    const header = copyHash32('headerHash', headerHash);
    for (let tried = 0; tried < count; tried++) {
      if (tried % SLICE === 0) await yieldToLoop();
      if (this.#closed) throw new Error('the keccak-test engine is closed');
      const nonce = low64(start + BigInt(tried));
      this.#hashes++;
      const hash = keccakTestHash(header, nonce, this.keccak);
      if (BigInt(`0x${Buffer.from(hash).toString('hex')}`) < boundary) {
        return { tried: tried + 1, found: { nonce, hash } };
      }
    }
    return { tried: count };
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  isReady(): boolean {
    return true;
  }

  stats(): EngineStats {
    return {
      isa: this.kind,
      threads: 1,
      queued: 0,
      running: 0,
      hashes: this.#hashes,
      threadHashes: [this.#hashes],
      stages: [],
      building: [],
      cacheBytes: 0,
    };
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }
}
