/** Whether this process's children may hold as many connections as a bench wants. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What a process has open beside its connections. */
const BESIDES = 500;

/** Raises the hard limit where that is allowed (Node.js itself takes all of it); resolves to the connections it is good for. */
export async function connectionsAllowed(wanted: number): Promise<number> {
  const needed = wanted + BESIDES;
  const before = await hardLimit();
  if (before >= needed) return wanted;
  await promisify(execFile)('prlimit', [`--pid=${process.pid}`, `--nofile=${needed}:${needed}`]).catch(
    () => undefined,
  );
  return Math.min(wanted, (await hardLimit()) - BESIDES);
}

async function hardLimit(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8');
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1] ?? '';
  return hard === 'unlimited' ? Infinity : Number(hard);
}
