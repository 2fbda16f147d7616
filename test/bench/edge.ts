/** What a share feels while the light cache of another stage is built, and what three stages cost in memory. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './bench-world.js';
import type { EdgeResult } from './edge-run.js';
import type { Row } from './report.js';
import { quantile } from './samples.js';

const TIMEOUT_MS = 120_000;

export interface Edge {
  readonly rows: readonly Row[];
  readonly residentBytes: number;
}

export async function measureEdge(): Promise<Edge> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(ROOT, 'dist/test/bench/edge-run.js')],
    { timeout: TIMEOUT_MS, env: { ...process.env, POW_THREADS: '1' } },
  );
  const { quietMs, buildingMs, residentBytes } = JSON.parse(stdout) as EdgeResult;
  const waits = (name: string, samples: readonly number[]): Row[] =>
    [0.5, 0.99, 1].map((share) => ({
      name: `a share's wait ${name}, ${share === 1 ? 'longest' : share === 0.5 ? 'median' : 'p99'}`,
      value: quantile(samples, share),
      unit: 'ms',
      note: `${samples.length} shares, one after another`,
    }));
  return {
    residentBytes,
    rows: [
      ...waits('while nothing is built', quietMs),
      ...waits('while two stages are built', buildingMs),
      { name: 'memory of three stages at height 150M', value: residentBytes / 1e6, unit: 'MB' },
    ],
  };
}
