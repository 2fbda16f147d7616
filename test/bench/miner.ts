/** Mining with the whole data set in memory, by the native bench: 5 GB, and a minute or two. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './bench-world.js';
import type { Row } from './report.js';

export interface Mining {
  readonly rows: readonly Row[];
  /** CPU seconds of a hash, on one thread. */
  readonly cpuPerHash: number;
}

const TIMEOUT_MS = 600_000;
const BUILT = /data set: ([\d.]+) GB by (\d+) threads in ([\d.]+) s, ([\d.]+) CPU s/;
const MINED = /^(\d+) pinned threads: .* = (\d+) kH\/s, (\d+) kH per CPU second/gm;
const COMPARED = /(\d+) of \d+ found hashes compared with light ones: equal/;

/** `nodeCpuPerSubmit`: seconds, for the ratios. Rejects when a hash differs from the light algorithm's. */
export async function measureMining(nodeCpuPerSubmit?: number): Promise<Mining> {
  const { stdout } = await promisify(execFile)(
    'make',
    ['-s', '-C', join(ROOT, 'libs/octopus/native'), 'bench-full'],
    { timeout: TIMEOUT_MS },
  );
  const [, gigabytes, threads, wall, cpu] = BUILT.exec(stdout) ?? [];
  const mined = [...stdout.matchAll(MINED)].map(([, count, rate, perCpu]) => ({
    threads: Number(count),
    hashesPerSecond: Number(rate) * 1000,
    cpuPerHash: 1 / (Number(perCpu) * 1000),
  }));
  const [single] = mined;
  if (!single || wall === undefined) throw new Error(`the native bench said something else:\n${stdout}`);
  if (!COMPARED.test(stdout)) throw new Error(`hashes differ from the light algorithm's:\n${stdout}`);
  const build: Row = {
    name: `data set of stage 0, ${gigabytes} GB, by ${threads} of ${availableParallelism()} cores`,
    value: Number(wall),
    unit: 's',
    note: `${cpu} CPU s`,
  };
  return {
    cpuPerHash: single.cpuPerHash,
    rows: [
      build,
      ...mined.map(({ threads: count, hashesPerSecond, cpuPerHash }) => ({
        name: `hashes, ${count} pinned thread${count === 1 ? '' : 's'}`,
        value: hashesPerSecond,
        unit: '1/s',
        note: `${(cpuPerHash * 1e9).toFixed(0)} ns of CPU each`,
        ...(nodeCpuPerSubmit !== undefined && { ratio: nodeCpuPerSubmit / cpuPerHash }),
      })),
    ],
  };
}
