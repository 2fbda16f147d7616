/** Memory of a server without the garbage that it happens to hold: V8 gives back what its start took only much later. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './bench-world.js';
import { residentBytes } from './proc-stat.js';

/** Options of Node.js with which a process collects its garbage when it gets the signal. */
export const COLLECTING: readonly string[] = [
  '--expose-gc',
  `--import=data:text/javascript,process.on('SIGUSR2',()=>gc())`,
];
/** For the collection, and for the kernel to take the pages back. */
const COLLECT_MS = 500;

/** Resident bytes; what the kernel holds for the sockets is not part of them. */
export async function settledBytes({ pid, collects = false }: Server): Promise<number> {
  if (collects) {
    process.kill(pid, 'SIGUSR2');
    await sleep(COLLECT_MS);
  }
  return residentBytes(pid);
}
