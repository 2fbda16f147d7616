/**
 * One round of load on a server that speaks stratum: distinct wrong nonces from the generator of flood.cpp, the
 * server's CPU time meanwhile, and beside it one honest miner that sends one share at a time.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { LineClient, type Notify } from '#libs/testkit';
import type { Server } from './bench-world.js';
import { cpuSeconds } from './proc-stat.js';

/** Of all submits in a round: far above what any machine answers, so that a broken round ends. */
const MAX_SUBMITS = 5_000_000;
/** The honest miner's pause after an answer: it measures, it is no load. */
const HONEST_PAUSE_MS = 20;

export interface FloodPlan {
  readonly connections: number;
  /** Submits without an answer that each connection has under way. */
  readonly window: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface FloodRound {
  /** Submits answered as wrong nonces, those of the honest miner included. */
  readonly wrong: number;
  /** Answers of any other kind to the flood: stale, duplicate, not checked. A good round has none. */
  readonly otherAnswers: number;
  readonly seconds: number;
  readonly serverCpuSeconds: number;
  readonly clientCpuSeconds: number;
  readonly honestLatenciesMs: readonly number[];
}

interface Report {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly wrong: number;
  readonly stale: number;
  readonly duplicate: number;
  readonly accepted: number;
  readonly other: number;
}

/** A subscribed connection that knows the newest job and checks that a wrong nonce is called one. */
export class HonestMiner {
  private nonce = BigInt(`0x${randomBytes(7).toString('hex')}`);

  private constructor(
    readonly server: Server,
    private readonly client: LineClient,
    private job: Notify,
  ) {}

  /** Resolves once the server has its light cache. A node's first job takes up to 10 s. */
  static async connect(server: Server): Promise<HonestMiner> {
    const client = await LineClient.open(server.stratumPort);
    await client.subscribe('honest');
    const miner = new HonestMiner(server, client, await client.job());
    await miner.submitWrong();
    return miner;
  }

  async newestJob(): Promise<Notify> {
    while (this.client.lines.some((line) => line.includes('"mining.notify"')))
      this.job = await this.client.job();
    return this.job;
  }

  /** Milliseconds to the answer. Rejects unless it says that the nonce is wrong. */
  async submitWrong(): Promise<number> {
    const job = await this.newestJob();
    const sentAt = performance.now();
    const result = await this.client.submit(job, this.nonce++, 'honest');
    const latencyMs = performance.now() - sentAt;
    if (!JSON.stringify(result).includes('Incorrect Nonce!')) {
      throw new Error(`a wrong nonce was answered ${JSON.stringify(result)}`);
    }
    return latencyMs;
  }

  close(): void {
    this.client.close();
  }
}

/** Runs the generator once against the miner's server, which has to have its light cache already. */
export async function flood(program: string, miner: HonestMiner, plan: FloodPlan): Promise<FloodRound> {
  const { hash } = await miner.newestJob();
  const firstNonce = `0x1${randomBytes(7).toString('hex')}`;
  const sizes = [plan.connections, plan.window, plan.warmUpMs, plan.measureMs, MAX_SUBMITS].map(String);
  const child = spawn(program, [String(miner.server.stratumPort), hash, ...sizes, firstNonce], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    return await follow(child, miner);
  } finally {
    child.kill('SIGKILL');
  }
}

/** Reads the generator's lines: the measurement lies between the first and the second. */
async function follow(
  child: ChildProcessByStdio<null, Readable, null>,
  miner: HonestMiner,
): Promise<FloodRound> {
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`the load generator failed at the ${miner.server.name}`);
    return line.value;
  };
  await next();
  const cpuBefore = await cpuSeconds(miner.server.pid);
  const measuring = new AbortController();
  const honestLatencies = submitUntil(measuring.signal, miner);
  honestLatencies.catch(() => undefined);
  const report = JSON.parse(await next()) as Report;
  const serverCpuSeconds = (await cpuSeconds(miner.server.pid)) - cpuBefore;
  measuring.abort();
  await next();
  const honestLatenciesMs = await honestLatencies;
  return {
    wrong: report.wrong + honestLatenciesMs.length,
    otherAnswers: report.stale + report.duplicate + report.accepted + report.other,
    seconds: report.seconds,
    serverCpuSeconds,
    clientCpuSeconds: report.cpuSeconds,
    honestLatenciesMs,
  };
}

async function submitUntil(ended: AbortSignal, miner: HonestMiner): Promise<number[]> {
  const latenciesMs: number[] = [];
  while (!ended.aborted) {
    latenciesMs.push(await miner.submitWrong());
    await sleep(HONEST_PAUSE_MS);
  }
  return latenciesMs;
}
