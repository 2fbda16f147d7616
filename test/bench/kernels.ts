/**
 * The hash itself: TypeScript reference and addon, one share alone and many at once, one thread and all, stage 0 and a
 * height of today; and the light cache's build. Each configuration runs in short-lived processes, in alternating rounds.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KernelPlan, KernelResult } from './kernel-run.js';
import { ROOT } from './bench-world.js';
import type { Row } from './report.js';
import { median, spread } from './samples.js';

export interface KernelsPlan {
  readonly rounds: number;
  readonly measureMs: number;
  /** The TypeScript reference needs 10 s and more for a light cache of today. */
  readonly referenceHeights: readonly number[];
}

export interface Kernels {
  readonly rows: readonly Row[];
  /** The code path that the addon takes when nobody tells it one. */
  readonly defaultIsa: string;
  /** Median CPU seconds per hash. Undefined when nothing like it was measured. */
  cpuPerHash(wanted: Partial<KernelConfig>): number | undefined;
}

export interface KernelConfig {
  /** `typescript`, or the addon's code path. */
  readonly isa: string;
  readonly batched: boolean;
  readonly threads: number;
  readonly height: number;
}

interface Measured {
  readonly config: KernelConfig;
  readonly results: KernelResult[];
}

export const STAGE_0 = 0;
export const HEIGHT_OF_TODAY = 150_000_000;
/** Enough for every thread to have a full batch and another one waiting. */
const IN_FLIGHT = 256;
/** A build at today's height in TypeScript, and room for a loaded machine. */
const RUN_TIMEOUT_MS = 120_000;
/** What an addon that knows OCTOPUS_ISA may be told to take; one that does not takes what it has. */
const ISAS = ['scalar', 'avx2', 'avx512'];
const PROBE: KernelConfig = { isa: 'default', batched: false, threads: 1, height: STAGE_0 };

/** `nodeCpuPerSubmit`: seconds at stage 0, for the ratios; left out where the node was not measured. */
export async function measureKernels(plan: KernelsPlan, nodeCpuPerSubmit?: number): Promise<Kernels> {
  const measured: Measured[] = await configurations(plan);
  for (let round = 0; round < plan.rounds; round++) {
    for (const { config, results } of measured) {
      // Its build takes longer than all else together, and its figures move little.
      if (config.isa === 'typescript' && round > 0) continue;
      results.push(await run(config, plan.measureMs));
    }
  }
  const find = (wanted: Partial<KernelConfig>): Measured | undefined =>
    measured.find(({ config }) =>
      Object.entries(wanted).every(([key, value]) => config[key as keyof KernelConfig] === value),
    );
  return {
    defaultIsa: (await run(PROBE, 1)).isa,
    rows: [
      ...measured.flatMap((one) => hashRows(one, nodeCpuPerSubmit)),
      ...measured.filter(({ config }) => !config.batched).map(buildRow),
    ],
    cpuPerHash: (wanted) => {
      const found = find(wanted);
      return found && median(found.results.map(({ cpuPerHash }) => cpuPerHash));
    },
  };
}

async function configurations({ referenceHeights }: KernelsPlan): Promise<Measured[]> {
  const cores = availableParallelism();
  const configs: KernelConfig[] = referenceHeights.map((height) => ({
    isa: 'typescript',
    batched: false,
    threads: 1,
    height,
  }));
  for (const isa of await isasHere()) {
    for (const height of [STAGE_0, HEIGHT_OF_TODAY]) {
      configs.push({ isa, batched: false, threads: 1, height });
      configs.push({ isa, batched: true, threads: 1, height });
      if (cores > 1) configs.push({ isa, batched: true, threads: cores, height });
    }
  }
  return configs.map((config) => ({ config, results: [] }));
}

/** The paths that the addon takes when told to; `native` alone for an addon that has one path and no name for it. */
async function isasHere(): Promise<string[]> {
  const taken = new Set<string>();
  for (const isa of ISAS) {
    const result = await run({ ...PROBE, isa }, 1).catch(() => undefined);
    if (result) taken.add(result.isa);
  }
  return [...taken];
}

async function run(
  { isa, batched, threads, height }: KernelConfig,
  measureMs: number,
): Promise<KernelResult> {
  const engine = isa === 'typescript' ? 'typescript' : 'native';
  const plan: KernelPlan = { engine, height, inFlight: batched ? IN_FLIGHT : 1, measureMs };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(ROOT, 'dist/test/bench/kernel-run.js'), JSON.stringify(plan)],
    {
      timeout: RUN_TIMEOUT_MS,
      env: {
        ...process.env,
        OCTOPUS_ISA: ISAS.includes(isa) ? isa : undefined,
        POW_THREADS: String(threads),
        // Where an addon without threads of its own hashes.
        UV_THREADPOOL_SIZE: String(threads),
      },
    },
  );
  return JSON.parse(stdout) as KernelResult;
}

const place = (height: number): string => (height === STAGE_0 ? 'stage 0' : `height ${height / 1e6}M`);

function hashRows({ config, results }: Measured, nodeCpuPerSubmit: number | undefined): Row[] {
  const { isa, batched, threads, height } = config;
  const how = `${batched ? 'batched' : 'single'}, ${threads} thread${threads === 1 ? '' : 's'}`;
  const micros = results.map(({ cpuPerHash }) => cpuPerHash * 1e6);
  const rates = results.map(({ hashesPerSecond }) => hashesPerSecond);
  const name = `${isa}, ${how}, ${place(height)}`;
  const ratio =
    nodeCpuPerSubmit !== undefined && height === STAGE_0
      ? { ratio: (nodeCpuPerSubmit * 1e6) / median(micros) }
      : {};
  return [
    { name: `${name}: CPU per hash`, value: median(micros), unit: 'us', note: spread(micros, 0), ...ratio },
    { name: `${name}: hashes`, value: median(rates), unit: '1/s', note: spread(rates, 0) },
  ];
}

function buildRow({ config, results }: Measured): Row {
  const millis = results.map(({ buildCpuSeconds }) => buildCpuSeconds * 1000);
  const wall = median(results.map(({ buildSeconds }) => buildSeconds * 1000));
  return {
    name: `${config.isa}, light cache of ${place(config.height)}: CPU`,
    value: median(millis),
    unit: 'ms',
    note: `${spread(millis, 0)}; ${wall.toFixed(0)} ms by the clock`,
  };
}
