/** A miner that finds blocks, on a chain without Octopus: what makes a real node hand out jobs when the bench wants. */
import { randomBytes } from 'node:crypto';
import { openPow } from '#libs/octopus';
import { LineClient, type Notify } from '#libs/testkit';
import type { Server } from './bench-world.js';

/** A hundred times what the chain's difficulty asks for. */
const MAX_HASHES = 1_000_000;

export interface Dug {
  /** From the submit of a valid nonce to its answer. */
  readonly answerMs: number;
  /** The hash of the job at the next height. */
  readonly nextHash: string;
}

export class Digger {
  private readonly pow = openPow('keccak-test').engine;

  private constructor(
    private readonly client: LineClient,
    private job: Notify,
  ) {}

  /** A node's first job takes up to 10 s. */
  static async connect(server: Server): Promise<Digger> {
    const client = await LineClient.open(server.stratumPort);
    await client.subscribe('digger');
    return new Digger(client, await client.job());
  }

  /** Finds one block and waits for the job on top of it; works on the job `onto` if told. Rejects unless the nonce is taken. */
  async dig(onto?: string): Promise<Dug> {
    const job = await this.newestJob(onto);
    const { found } = await this.pow.search({
      headerHash: Buffer.from(job.hash.slice(2), 'hex'),
      start: randomBytes(8).readBigUInt64BE(),
      count: MAX_HASHES,
      boundary: job.boundary,
      height: job.height,
    });
    if (!found) throw new Error(`no block in ${MAX_HASHES} hashes`);
    const sentAt = performance.now();
    const answer = await this.client.submit(job, found.nonce, 'digger');
    const answerMs = performance.now() - sentAt;
    if (JSON.stringify(answer) !== '[true]')
      throw new Error(`a block was answered ${JSON.stringify(answer)}`);
    while (this.job.height <= job.height) this.job = await this.client.job();
    return { answerMs, nextHash: this.job.hash };
  }

  close(): void {
    this.client.close();
  }

  private async newestJob(onto: string | undefined): Promise<Notify> {
    const waiting = (): boolean => this.client.lines.some((line) => line.includes('"mining.notify"'));
    while (waiting() || (onto !== undefined && this.job.hash !== onto)) this.job = await this.client.job();
    return this.job;
  }
}
