/**
 * The real node's own port and the bridge in front of that node, in turns: as many miners as the node serves, jobs that
 * come of mined blocks. Beside them the bare send() loop, for what the machine itself takes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchWorld, NodeServer, Server } from './bench-world.js';
import { Crowd, keyOf } from './crowd.js';
import type { Digger } from './digger.js';
import { bareSend } from './fan-outs.js';
import { settledBytes } from './memory.js';
import type { Row } from './report.js';
import { median, quantile, spread } from './samples.js';

export interface SidePlan {
  readonly connections: number;
  readonly rounds: number;
  readonly jobs: number;
  /** Connections tried at the node to see how many it serves; 0 leaves that out. */
  readonly beyond: number;
}

export interface Side {
  readonly spreadMs: number;
  /** p99 from subscribe to first job. */
  readonly firstJobMs: number;
  readonly bytesPerConnection: number;
}

export interface SideBySide {
  readonly node: Side;
  readonly gateway: Side;
  /** How many connections the node served of those tried; undefined when that was left out. */
  readonly nodeServes: number | undefined;
  readonly rows: readonly Row[];
}

interface Round {
  readonly spreadsMs: readonly number[];
  readonly firstJobMs: readonly [number, number, number];
  readonly bytesPerConnection: number;
}

/** Miners come one by one, not all at once; a few at a time keep the rounds short. */
const AT_ONCE = 4;
/** Between two jobs: both sides are at rest. */
const PAUSE_MS = 50;

/** `digger` mines at the node, and so makes the jobs of both. */
export async function measureSideBySide(
  world: BenchWorld,
  crowds: string,
  bare: string,
  { node, gateway, digger }: { node: NodeServer; gateway: Server; digger: Digger },
  plan: SidePlan,
): Promise<SideBySide> {
  const loop = await bareSend(world, bare);
  const mine = async (): Promise<string> => (await digger.dig()).nextHash;
  const turns = [
    { server: node, next: mine, rounds: [] as Round[] },
    { server: gateway, next: mine, rounds: [] as Round[] },
    { server: loop, next: () => Promise.resolve(loop.broadcast()), rounds: [] as Round[] },
  ];
  for (let round = 0; round < plan.rounds; round++) {
    for (const { server, next, rounds } of turns) {
      rounds.push(await measureRound(world, crowds, server, next, plan));
    }
  }
  const nodeServes = plan.beyond === 0 ? undefined : await served(world, crowds, node, plan.beyond);
  await loop.stop();
  const sides = turns.map(({ server, rounds }) => ({ server, rounds, side: sideOf(rounds) }));
  const [ofNode, ofGateway] = sides.map(({ side }) => side) as [Side, Side, Side];
  const rows = sides.flatMap(({ server, rounds, side }) => rowsOf(server.name, rounds, side, ofNode));
  if (nodeServes !== undefined) {
    rows.push({
      name: 'node: connections served',
      value: nodeServes,
      unit: '',
      note: `of ${plan.beyond} that tried, beside the bridge and the bench`,
    });
  }
  return { node: ofNode, gateway: ofGateway, nodeServes, rows };
}

async function measureRound(
  world: BenchWorld,
  crowds: string,
  server: Server,
  next: () => Promise<string>,
  { connections, jobs }: SidePlan,
): Promise<Round> {
  const before = await settledBytes(server);
  const crowd = await Crowd.open(world, crowds, server, { connections, atOnce: AT_ONCE });
  if (crowd.opening.withJob !== connections) {
    throw new Error(
      `the ${server.name} gave a job to ${crowd.opening.withJob} of ${connections} connections`,
    );
  }
  const spreadsMs: number[] = [];
  while (spreadsMs.length < jobs) {
    await sleep(PAUSE_MS);
    const { count, spreadMs } = await crowd.job(keyOf(await next()));
    if (count !== connections) throw new Error(`${count} of ${connections} got a job of the ${server.name}`);
    spreadsMs.push(spreadMs);
  }
  const bytesPerConnection = ((await settledBytes(server)) - before) / connections;
  await crowd.close();
  return { spreadsMs, firstJobMs: crowd.opening.firstJobMs, bytesPerConnection };
}

/** Those beyond the node's limit connect, and then hear nothing. */
async function served(world: BenchWorld, crowds: string, node: Server, connections: number): Promise<number> {
  const crowd = await Crowd.open(world, crowds, node, { connections, atOnce: connections });
  await crowd.close();
  return crowd.opening.subscribed;
}

/** Memory is the first round's: what a closed connection leaves is used again by the next ones. */
function sideOf(rounds: readonly Round[]): Side {
  return {
    spreadMs: median(rounds.flatMap(({ spreadsMs }) => spreadsMs)),
    firstJobMs: median(rounds.map(({ firstJobMs: [, p99] }) => p99)),
    bytesPerConnection: rounds[0]?.bytesPerConnection ?? NaN,
  };
}

function rowsOf(name: string, rounds: readonly Round[], side: Side, ofNode: Side): Row[] {
  const spreads = rounds.flatMap(({ spreadsMs }) => spreadsMs);
  const p99s = rounds.map(({ firstJobMs: [, p99] }) => p99);
  return [
    {
      name: `${name}: first to last arrival of a job, median`,
      value: side.spreadMs,
      unit: 'ms',
      ratio: side.spreadMs / ofNode.spreadMs,
      note: `${spreads.length} jobs, ${quantile(spreads, 0).toFixed(1)} to ${quantile(spreads, 1).toFixed(1)}`,
    },
    {
      name: `${name}: subscribe to first job, median`,
      value: median(rounds.map(({ firstJobMs: [middle] }) => middle)),
      unit: 'ms',
    },
    {
      name: `${name}: subscribe to first job, p99`,
      value: side.firstJobMs,
      unit: 'ms',
      note: spread(p99s, 1),
    },
    {
      name: `${name}: memory per connection`,
      value: side.bytesPerConnection / 1024,
      unit: 'KiB',
      note: 'of the first round',
    },
  ];
}
