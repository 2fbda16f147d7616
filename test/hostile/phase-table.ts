/** The table at the end of a run: what the honest miner waited and what the gateway held, phase by phase. */
import { quantile } from '../bench/samples.js';
import type { AttackReport } from './attacks/tally.js';

export interface PhaseRow {
  readonly name: string;
  readonly latenciesMs: readonly number[];
  /** When the attack had just ended. */
  readonly peakRssBytes: number;
  /** When the phase was over and the gateway had had its time to give memory back. */
  readonly rssBytes: number;
  readonly descriptors: number;
  readonly logLines: number;
  readonly report: AttackReport | undefined;
}

const HEADER = [
  'phase',
  'p50 ms',
  'p99 ms',
  'max ms',
  'asked',
  'MiB',
  'MiB after',
  'fds',
  'log',
  'connects',
  'sent kB',
  'answers',
];

export function phaseTable(rows: readonly PhaseRow[]): string {
  const cells = [HEADER, ...rows.map(cellsOf)];
  const widths = HEADER.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      ),
    )
    .map((row) => row.join('  '))
    .join('\n');
}

function cellsOf({
  name,
  latenciesMs,
  peakRssBytes,
  rssBytes,
  descriptors,
  logLines,
  report,
}: PhaseRow): string[] {
  const answers = Object.values(report?.answers ?? {}).reduce((sum, count) => sum + count, 0);
  return [
    name,
    quantile(latenciesMs, 0.5).toFixed(1),
    quantile(latenciesMs, 0.99).toFixed(1),
    quantile(latenciesMs, 1).toFixed(1),
    String(latenciesMs.length),
    (peakRssBytes / 2 ** 20).toFixed(0),
    (rssBytes / 2 ** 20).toFixed(0),
    String(descriptors),
    String(logLines),
    String(report?.connects ?? 0),
    ((report?.bytesSent ?? 0) / 1000).toFixed(0),
    String(answers),
  ];
}
