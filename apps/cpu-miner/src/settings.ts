/** The CPU miner's settings. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { IsIn, Matches } from 'class-validator';
import { POW_ALGORITHMS, type PowAlgorithm } from '#libs/contracts';
import { readEngineOptions, type EngineOptions } from '#libs/octopus';
import {
  loadSettings,
  oneOf,
  parseHostPort,
  Parses,
  Setting,
  SettingError,
  type HostPort,
} from '#libs/settings';
import { logConfig, LogSettings, type LogConfig } from '#libs/telemetry';

const DATASETS = ['light', 'full'] as const;
type Dataset = (typeof DATASETS)[number];

export class MinerSettings extends LogSettings {
  @Setting({ accepts: 'host:port', about: 'The bridge (or node) to mine for.' })
  @Parses(parseHostPort)
  MINER_CONNECT = '127.0.0.1:32525';

  @Setting({ accepts: '1 to 64 characters', about: "This miner's name." })
  @Matches(/^.{1,64}$/)
  MINER_WORKER = 'cpu';

  @Setting({
    accepts: 'any text',
    about: 'The stratum password, if the bridge asks for one (the text, not its hash).',
    mask: () => '(hidden)',
  })
  MINER_PASSWORD = '';

  @Setting({
    accepts: '1 to 64, or `auto`',
    about: 'Threads that hash, each bound to a core of its own; `auto` leaves one core free.',
  })
  @Matches(/^(auto|[1-9]|[1-5]\d|6[0-4])$/)
  MINER_THREADS = 'auto';

  @Setting({
    accepts: oneOf(DATASETS),
    about:
      'What hashes are computed from: `full` is a thousand times as fast, but keeps the data set in memory, 4.3 GB and ' +
      '16 MiB more per stage. Also a flag, `--dataset`.',
  })
  @IsIn(DATASETS)
  MINER_DATASET = 'light';

  @Setting({ accepts: oneOf(POW_ALGORITHMS), about: 'Proof of work of the chain.' })
  @IsIn(POW_ALGORITHMS)
  POW_ALGORITHM = 'octopus';
}

export interface MinerConfig extends LogConfig {
  readonly connect: HostPort;
  readonly worker: string;
  readonly password: string;
  readonly threads: number;
  readonly dataset: Dataset;
  /** Its threads are the miner's. */
  readonly engine: EngineOptions;
  readonly algorithm: PowAlgorithm;
}

/** Flags go before the environment. Throws SettingError with one line for the operator. */
export function readMinerConfig(env: NodeJS.ProcessEnv, flags: readonly string[] = []): MinerConfig {
  const settings = loadSettings(MinerSettings, { ...env, ...readFlags(flags) });
  if (settings.MINER_DATASET === 'full' && settings.POW_ALGORITHM !== 'octopus') {
    throw new SettingError(
      'MINER_DATASET',
      `MINER_DATASET = full; accepted: light with POW_ALGORITHM = ${settings.POW_ALGORITHM}`,
    );
  }
  const wanted = settings.MINER_THREADS;
  const threads = wanted === 'auto' ? Math.max(1, availableParallelism() - 1) : Number(wanted);
  return {
    connect: parseHostPort(settings.MINER_CONNECT),
    worker: settings.MINER_WORKER,
    password: settings.MINER_PASSWORD,
    threads,
    engine: { ...readEngineOptions(env), threads, pinned: true },
    dataset: settings.MINER_DATASET as Dataset,
    algorithm: settings.POW_ALGORITHM as PowAlgorithm,
    ...logConfig(settings),
  };
}

function readFlags(flags: readonly string[]): { MINER_DATASET?: string } {
  try {
    const { values } = parseArgs({ args: [...flags], options: { dataset: { type: 'string' } } });
    return values.dataset === undefined ? {} : { MINER_DATASET: values.dataset };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingError('--dataset', `${reason}; accepted: --dataset light, --dataset full`);
  }
}
