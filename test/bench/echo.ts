/** How fast the machine answers at all: what a round trip to a process of Node.js takes that was asleep. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { bareEcho } from './bare-server.js';
import type { BenchWorld } from './bench-world.js';
import { format } from './report.js';
import { quantile } from './samples.js';

/** The process sleeps again, and so may its core. */
const PAUSE_MS = 20;
/** Its first answers take longer, since they are compiled meanwhile. */
const WARM_UP = 5;
const PING = 'x'.repeat(100);

/** Milliseconds of each round trip. */
export async function measureEcho(world: BenchWorld, trips: number): Promise<number[]> {
  const server = await bareEcho(world);
  const socket = connect({ host: '127.0.0.1', port: server.stratumPort, noDelay: true });
  await once(socket, 'connect');
  const tripsMs: number[] = [];
  for (let trip = 0; trip < WARM_UP + trips; trip++) {
    await sleep(PAUSE_MS);
    const sentAt = performance.now();
    socket.write(PING);
    await once(socket, 'data');
    tripsMs.push(performance.now() - sentAt);
  }
  socket.destroy();
  await server.stop();
  return tripsMs.slice(WARM_UP);
}

/** A line for the head of the page; the machine may have become faster or slower meanwhile. */
export function echoFact(before: readonly number[], after: readonly number[]): readonly [string, string] {
  const times = (samples: readonly number[]): string =>
    `${format(quantile(samples, 0.5))} / ${format(quantile(samples, 0.99))} ms`;
  return [
    'bare echo of Node.js',
    `${times(before)} before, ${times(after)} after (median / p99, each trip after ${PAUSE_MS} ms of rest)`,
  ];
}
