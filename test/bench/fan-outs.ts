/** Servers that send a job to everybody when told: the bare loops, and a gateway behind a node that does as told. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeNode } from '#libs/testkit';
import { script, startBare } from './bare-server.js';
import type { BenchWorld, GatewayPlan, Server } from './bench-world.js';
import { COLLECTING } from './memory.js';

export interface FanOut extends Server {
  /** Whether it knows requests from one another. */
  readonly answers: boolean;
  /** A job that nobody had before leaves for all that are connected; returns its hash. */
  broadcast(): string;
}

/** Conflux mainnet's size of things; no hash is ever compared with it. */
const BOUNDARY = `0x${'f'.repeat(56)}`;
/** The gateway hears the job well within this. */
const FIRST_JOB_MS = 200;
let height = 1_000_000;

export const bareSend = (world: BenchWorld, program: string): Promise<FanOut> =>
  bare(world, 'bare send() loop in C++', program, []);

export const bareWrite = (world: BenchWorld): Promise<FanOut> =>
  bare(world, 'bare socket.write loop in Node.js', process.execPath, [...COLLECTING, script('bare-write')]);

/** The gateway takes whatever this node says, so its jobs come when the bench wants them. */
export async function gatewayFanOut(world: BenchWorld, name: string, plan: GatewayPlan): Promise<FanOut> {
  const node = await FakeNode.start();
  world.onEnd(() => node.stop());
  const broadcast = (): string => {
    const job = newJob();
    node.notify(job);
    return job[0];
  };
  const subscribed = node.taken('mining.subscribe').then(async () => {
    await sleep(FIRST_JOB_MS);
    broadcast();
  });
  const gateway = await world.startGateway({ stratumPort: node.port }, { algorithm: 'keccak-test', ...plan });
  await subscribed;
  return { ...gateway, name, answers: true, broadcast };
}

async function bare(world: BenchWorld, name: string, program: string, args: string[]): Promise<FanOut> {
  const line = (job: readonly string[]): string =>
    JSON.stringify({ id: 17, method: 'mining.notify', params: job });
  const answer = `{"jsonrpc":"2.0","result":true,"id":1}\n${line(newJob())}`;
  const { input, ...server } = await startBare(world, name, program, [...args, answer]);
  const broadcast = (): string => {
    const job = newJob();
    input.write(`${line(job)}\n`);
    return job[0];
  };
  return { ...server, collects: program === process.execPath, answers: false, broadcast };
}

function newJob(): [string, string, string, string] {
  const hash = `0x${randomBytes(32).toString('hex')}`;
  return [hash, String(height++), hash, BOUNDARY];
}
