/** Hashes in a pow-worker over a Nest transport. Rejects when the worker does not answer in time. */
import type { ClientProxy } from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';
import {
  POW_HASH,
  POW_PREPARE,
  type HashReply,
  type HashRequest,
  type PowAlgorithm,
  type PowHasher,
  type PrepareRequest,
} from '#libs/contracts';
import { REMOTE_HASH_TIMEOUT_MS, REMOTE_PREPARE_TIMEOUT_MS } from '../limits.js';

const HASH = /^0x[0-9a-f]{64}$/;

export class RemoteHasher implements PowHasher {
  constructor(
    private readonly client: ClientProxy,
    private readonly algorithm: PowAlgorithm,
  ) {}

  async hash(headerHash: Uint8Array, nonce: bigint, height: number): Promise<Uint8Array> {
    const request: HashRequest = {
      algorithm: this.algorithm,
      height,
      headerHash: `0x${Buffer.from(headerHash).toString('hex')}`,
      nonce: `0x${nonce.toString(16)}`,
    };
    const reply = await this.ask<HashReply>(POW_HASH, request, REMOTE_HASH_TIMEOUT_MS);
    if (!HASH.test(reply.powHash)) throw new Error('the pow-worker answered something that is no hash');
    return Buffer.from(reply.powHash.slice(2), 'hex');
  }

  async prepare(height: number): Promise<void> {
    const request: PrepareRequest = { algorithm: this.algorithm, height };
    await this.ask<boolean>(POW_PREPARE, request, REMOTE_PREPARE_TIMEOUT_MS);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private ask<Reply>(pattern: string, request: PrepareRequest, timeoutMs: number): Promise<Reply> {
    return firstValueFrom(this.client.send<Reply>(pattern, request).pipe(timeout(timeoutMs)));
  }
}
