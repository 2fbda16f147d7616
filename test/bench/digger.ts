/** A miner that finds blocks, on a chain without Octopus: what makes a real node hand out jobs when the bench wants. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPow } from '#libs/octopus';
import { LineClient, type Notify } from '#libs/testkit';
import type { Server } from './bench-world.js';

/** A hundred times what the chain's difficulty asks for. */
const MAX_HASHES = 1_000_000;
/** A nonce that comes within milliseconds of its job is answered `[true]`, and at times makes no block. */
const SETTLE_MS = 20;
/** The next height's job comes after 30 to 180 ms; after this another nonce is tried. */
const NEXT_JOB_MS = 300;
const MAX_TRIES = 50;

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

  /** Finds a block and waits for the job on top of it; works on the job `onto` if told. Rejects unless nonces are taken. */
  async dig(onto?: string): Promise<Dug> {
    if (onto !== undefined) await this.wait(() => this.job.hash === onto);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      await sleep(SETTLE_MS);
      const job = this.newestJob();
      const answerMs = await this.submitBlock(job);
      if (await this.wait(() => this.job.height > job.height)) return { answerMs, nextHash: this.job.hash };
    }
    throw new Error(`${MAX_TRIES} nonces were taken and made no block`);
  }

  /** Any nonces, nearly all of them wrong. */
  async submitShares(count: number): Promise<void> {
    const job = this.newestJob();
    for (let share = 0; share < count; share++) {
      await this.client.submit(job, randomBytes(8).readBigUInt64BE(), 'digger');
    }
  }

  private async submitBlock(job: Notify): Promise<number> {
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
    return answerMs;
  }

  close(): void {
    this.client.close();
  }

  private newestJob(): Notify {
    const { lines } = this.client;
    for (let at = lines.findIndex(isJob); at !== -1; at = lines.findIndex(isJob)) {
      const [line = ''] = lines.splice(at, 1);
      this.job = parseJob(line);
    }
    return this.job;
  }

  /** Looks at new jobs until one passes; false when that takes too long. */
  private async wait(passes: () => boolean): Promise<boolean> {
    const deadline = performance.now() + NEXT_JOB_MS;
    while (performance.now() < deadline) {
      this.newestJob();
      if (passes()) return true;
      await sleep(1);
    }
    return false;
  }
}

const isJob = (line: string): boolean => line.includes('"mining.notify"');

function parseJob(line: string): Notify {
  const [jobId = '', height = '', hash = '', boundary = '0'] = (JSON.parse(line) as { params: string[] })
    .params;
  return { jobId, height: Number(height), hash, boundary: BigInt(boundary) };
}
