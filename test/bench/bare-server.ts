/** Starts the bare programs that the servers are compared to: each prints its port and ends with its input. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { endChild, ROOT, type BenchWorld, type Server } from './bench-world.js';

export interface BareServer extends Server {
  readonly input: Writable;
}

/** In a process of its own, as the gateway is. */
export const bareRelay = (world: BenchWorld, nodePort: number): Promise<BareServer> =>
  startBare(world, 'bare relay', process.execPath, [script('bare-relay'), String(nodePort)]);

export const bareEcho = (world: BenchWorld): Promise<BareServer> =>
  startBare(world, 'bare echo', process.execPath, [script('bare-echo')]);

/** The compiled file. */
export const script = (name: string): string => join(ROOT, 'dist/test/bench', `${name}.js`);

export async function startBare(
  world: BenchWorld,
  name: string,
  program: string,
  args: readonly string[],
): Promise<BareServer> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const stop = (): Promise<void> => endChild(child);
  world.onEnd(stop);
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { name, pid: child.pid ?? 0, stratumPort: Number(port), input: child.stdin, stop };
}
