/** Crowds that the node does not serve: one job to 10,000 and more, by the gateway and by bare loops, in turns. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LineClient } from '#libs/testkit';
import type { BenchWorld } from './bench-world.js';
import { Crowd, keyOf, type Arrival } from './crowd.js';
import type { FanOut } from './fan-outs.js';
import { settledBytes } from './memory.js';
import { cpuSeconds } from './proc-stat.js';
import type { Row } from './report.js';
import { quantile } from './samples.js';

export interface CrowdPlan {
  readonly connections: number;
  readonly jobs: number;
}

export interface FanOutResult {
  readonly name: string;
  readonly served: number;
  readonly spreadMs: number;
  readonly firstJobMs: number;
  readonly bytesPerConnection: number;
  readonly rows: readonly Row[];
}

interface Turn {
  readonly fanOut: FanOut;
  readonly crowd: Crowd;
  readonly residentBefore: number;
  readonly spreadsMs: number[];
  readonly cpuMs: number[];
  /** One that asks for something while a job is on its way, and how long it waits; undefined where nothing answers. */
  readonly asker: LineClient | undefined;
  readonly waitsMs: number[];
}

/** All miners come back together, as after a restart. */
const AT_ONCE = 64;
/** After a job: what it left to do is done, such as collecting garbage. */
const PAUSE_MS = 150;
const ASK_PAUSE_MS = 2;

/** The first one is what the others are compared to. All are ended. */
export async function measureBigCrowds(
  world: BenchWorld,
  crowds: string,
  fanOuts: readonly FanOut[],
  { connections, jobs }: CrowdPlan,
): Promise<FanOutResult[]> {
  const turns: Turn[] = [];
  for (const fanOut of fanOuts) {
    const residentBefore = await settledBytes(fanOut);
    const crowd = await Crowd.open(world, crowds, fanOut, { connections, atOnce: AT_ONCE });
    const asker = fanOut.answers ? await openAsker(fanOut) : undefined;
    turns.push({ fanOut, crowd, residentBefore, spreadsMs: [], cpuMs: [], asker, waitsMs: [] });
  }
  for (let round = 0; round < jobs; round++) {
    for (const turn of turns) await measureJob(turn);
  }
  const results: FanOutResult[] = [];
  for (const turn of turns) results.push(await resultOf(turn, turns[0] ?? turn));
  for (const { crowd, fanOut, asker } of turns) {
    asker?.close();
    await crowd.close();
    await fanOut.stop();
  }
  return results;
}

async function measureJob({ fanOut, crowd, spreadsMs, cpuMs, asker, waitsMs }: Turn): Promise<void> {
  await sleep(PAUSE_MS);
  const before = await cpuSeconds(fanOut.pid);
  const arrival = crowd.job(keyOf(fanOut.broadcast()));
  const asked = asker && askUntil(arrival, asker, waitsMs);
  const { count, spreadMs } = await arrival;
  await asked;
  const { subscribed } = crowd.opening;
  if (count !== subscribed) throw new Error(`${count} of ${subscribed} got a job of the ${fanOut.name}`);
  spreadsMs.push(spreadMs);
  cpuMs.push(((await cpuSeconds(fanOut.pid)) - before) * 1000);
}

/** Undefined where the crowd has taken the last place. */
async function openAsker({ stratumPort }: FanOut): Promise<LineClient | undefined> {
  const client = await LineClient.open(stratumPort);
  return ask(client).then(
    () => client,
    () => undefined,
  );
}

/** A request that needs no hash, as most of a miner's wait is the way there and back. */
async function ask(client: LineClient): Promise<number> {
  const sentAt = performance.now();
  await client.request(9, 'bench.ask', []);
  return performance.now() - sentAt;
}

async function askUntil(arrival: Promise<Arrival>, asker: LineClient, waitsMs: number[]): Promise<void> {
  const arrived = new AbortController();
  void arrival.finally(() => arrived.abort()).catch(() => undefined);
  while (!arrived.signal.aborted) {
    waitsMs.push(await ask(asker));
    await sleep(ASK_PAUSE_MS);
  }
}

async function resultOf({ fanOut, crowd, residentBefore, ...turn }: Turn, base: Turn): Promise<FanOutResult> {
  const { opening } = crowd;
  const { name } = fanOut;
  const served = opening.withJob;
  const spreadMs = quantile(turn.spreadsMs, 0.5);
  const [median, p99, longest] = opening.firstJobMs;
  const bytesPerConnection = ((await settledBytes(fanOut)) - residentBefore) / served;
  const cpuMs = turn.cpuMs.reduce((sum, one) => sum + one, 0) / turn.cpuMs.length;
  const asked: Row[] = [0.5, 0.99].map((share) => ({
    name: `${name}: a request while a job is on its way, ${share === 0.5 ? 'median' : 'p99'}`,
    value: quantile(turn.waitsMs, share),
    unit: 'ms',
    note: `${turn.waitsMs.length} requests, one at a time, no hash in them`,
  }));
  const rows: Row[] = [
    { name: `${name}: connections served`, value: served, unit: '', note: `of ${opening.opened} that tried` },
    {
      name: `${name}: first to last arrival of a job, median`,
      value: spreadMs,
      unit: 'ms',
      ratio: spreadMs / quantile(base.spreadsMs, 0.5),
      note: `${turn.spreadsMs.length} jobs, ${quantile(turn.spreadsMs, 0).toFixed(1)} to ${quantile(turn.spreadsMs, 1).toFixed(1)}`,
    },
    { name: `${name}: CPU per job`, value: cpuMs, unit: 'ms', note: 'mean' },
    ...(turn.waitsMs.length === 0 ? [] : asked),
    {
      name: `${name}: subscribe to first job, p99`,
      value: p99,
      unit: 'ms',
      note: `median ${median.toFixed(1)}, longest ${longest.toFixed(1)}; ${AT_ONCE} at once`,
    },
    { name: `${name}: all subscribed after`, value: opening.openingMs, unit: 'ms' },
    { name: `${name}: memory per connection`, value: bytesPerConnection / 1024, unit: 'KiB' },
  ];
  return { name, served, spreadMs, firstJobMs: p99, bytesPerConnection, rows };
}
