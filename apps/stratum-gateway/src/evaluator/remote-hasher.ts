/** Hashes in a pow-worker over a Nest transport. Rejects when the worker does not answer in time. */
import { setImmediate as afterPoll } from 'node:timers/promises';
import { firstValueFrom, map, mergeMap, race, timer } from 'rxjs';
import {
  POW_CALLERS,
  POW_HASH,
  POW_PREPARE,
  type HashReply,
  type HashRequest,
  type PowAlgorithm,
  type PowHasher,
  type PrepareRequest,
} from '#libs/contracts';
import { REMOTE_ANSWER_MARGIN_MS, REMOTE_HASH_TIMEOUT_MS, REMOTE_PREPARE_TIMEOUT_MS } from '../limits.js';
import type { WorkerClient } from './worker-clients.js';

const HASH = /^0x[0-9a-f]{64}$/;

/** Nothing came back within the time given. */
export class SilentWorkerError extends Error {
  override readonly name = 'SilentWorkerError';
}

export class RemoteHasher implements PowHasher {
  private readonly callerIds = new WeakMap<object, number>();
  /** Gateways that share a worker start apart, so that their callers do. */
  private nextCallerId = Math.floor(Math.random() * POW_CALLERS);

  constructor(
    private readonly client: WorkerClient,
    private readonly algorithm: PowAlgorithm,
    private readonly defaultWaitMs = REMOTE_HASH_TIMEOUT_MS,
  ) {}

  /** waitMs: what the answer may take. */
  async hash(
    headerHash: Uint8Array,
    nonce: bigint,
    height: number,
    caller: object = this,
    waitMs = this.defaultWaitMs,
  ): Promise<Uint8Array> {
    const request: HashRequest = {
      algorithm: this.algorithm,
      height,
      headerHash: `0x${Buffer.from(headerHash).toString('hex')}`,
      nonce: `0x${nonce.toString(16)}`,
      waitMs: Math.max(1, Math.floor(waitMs) - REMOTE_ANSWER_MARGIN_MS),
      caller: this.callerId(caller),
    };
    const reply = await this.ask<HashReply>(POW_HASH, request, waitMs);
    if (!HASH.test(reply.powHash)) throw new Error('the pow-worker answered something that is no hash');
    return Buffer.from(reply.powHash.slice(2), 'hex');
  }

  async prepare(height: number): Promise<void> {
    const request: PrepareRequest = { algorithm: this.algorithm, height };
    await this.ask<boolean>(POW_PREPARE, request, REMOTE_PREPARE_TIMEOUT_MS);
  }

  /** What is under way is rejected. The next request opens a connection again. */
  async close(): Promise<void> {
    await this.client.close();
  }

  private ask<Reply>(pattern: string, request: PrepareRequest, waitMs: number): Promise<Reply> {
    // When this process was busy beyond the time, the answer may be waiting in the socket: it is read first.
    const silence = timer(waitMs).pipe(
      mergeMap(() => afterPoll()),
      map((): never => {
        throw new SilentWorkerError(`no answer within ${Math.round(waitMs)} ms`);
      }),
    );
    return firstValueFrom(race(this.client.send<Reply>(pattern, request), silence));
  }

  private callerId(caller: object): number {
    const known = this.callerIds.get(caller);
    if (known !== undefined) return known;
    const id = this.nextCallerId;
    this.nextCallerId = (id + 1) % POW_CALLERS;
    this.callerIds.set(caller, id);
    return id;
  }
}
