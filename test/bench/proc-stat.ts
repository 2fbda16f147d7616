/** CPU time and memory of another process, and which process a test chain is, from Linux's /proc. */
import { readdir, readFile } from 'node:fs/promises';

/** The clock of /proc/<pid>/stat; 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;
/** Fields 14 and 15 of proc(5), counted after the command name, whose end is field 2. */
const UTIME = 14 - 3;
const STIME = 15 - 3;

/** User and system seconds of all threads, the ended ones included, from the text of /proc/<pid>/stat. */
export function cpuSecondsOf(stat: string): number {
  // The command name may hold blanks and parentheses; the last one is its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const seconds = (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND;
  if (!Number.isFinite(seconds)) throw new Error(`no CPU time in ${JSON.stringify(stat)}`);
  return seconds;
}

export async function cpuSeconds(pid: number): Promise<number> {
  return cpuSecondsOf(await readFile(`/proc/${pid}/stat`, 'utf8'));
}

/** Bytes of memory that the process has now. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** The process that was started with this argument. Rejects unless it is exactly one. */
export async function pidWithArgument(argument: string): Promise<number> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const commandLine = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.split('\0').includes(argument)) found.push(Number(name));
  }
  const [pid] = found;
  if (pid === undefined || found.length > 1) throw new Error(`${found.length} processes have ${argument}`);
  return pid;
}
