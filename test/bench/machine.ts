/** On what and from what a bench ran: the facts without which its numbers say nothing. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, loadavg, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { ROOT } from './bench-world.js';

export interface Cpu {
  readonly model: string;
  readonly avx2: boolean;
  /** The subsets that Octopus can use: foundation, byte and word, double and quad, short vectors. */
  readonly avx512: boolean;
}

const AVX512 = ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl'];

/** From the text of /proc/cpuinfo. */
export function cpuOf(cpuinfo: string): Cpu {
  const field = (name: string): string => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(cpuinfo)?.[1] ?? '';
  const flags = new Set(field('flags').split(' '));
  const numbers = `family ${field('cpu family')} model ${field('model')}`;
  return {
    model: `${field('model name').trim() || 'unknown'} (${numbers})`,
    avx2: flags.has('avx2'),
    avx512: AVX512.every((flag) => flags.has(flag)),
  };
}

/** Taken before anything is measured. */
export async function machineFacts(): Promise<(readonly [string, string])[]> {
  const cpu = cpuOf(await readFile('/proc/cpuinfo', 'utf8'));
  const pages = await readFile('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8').catch(() => 'unknown');
  const yes = (has: boolean): string => (has ? 'yes' : 'no');
  return [
    [
      'CPU',
      `${cpu.model}, ${availableParallelism()} cores, AVX2 ${yes(cpu.avx2)}, AVX-512 ${yes(cpu.avx512)}`,
    ],
    ['memory', `${(totalmem() / 2 ** 30).toFixed(0)} GiB, transparent huge pages: ${chosen(pages)}`],
    ['load before', `${(loadavg()[0] ?? 0).toFixed(2)}: what others take of the cores, the gateway lacks`],
    ['Node.js', process.version],
    ['commit', await commit()],
    ['date', new Date().toISOString().slice(0, 10)],
  ];
}

/** The kernel marks the setting in force: `always [madvise] never`. */
const chosen = (text: string): string => /\[(\w+)\]/.exec(text)?.[1] ?? text.trim();

async function commit(): Promise<string> {
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', args, { cwd: ROOT })).stdout.trim();
  try {
    const changed = await git('status', '--porcelain', '--untracked-files=no', '--', ':!docs/bench');
    return `${await git('rev-parse', '--short=12', 'HEAD')}${changed === '' ? '' : ' with changes'}`;
  } catch {
    return 'unknown';
  }
}
