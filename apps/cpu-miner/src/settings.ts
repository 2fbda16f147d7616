/** The CPU miner's settings. */
import { availableParallelism } from 'node:os';
import { IsIn, Matches } from 'class-validator';
import { POW_ALGORITHMS, type PowAlgorithm } from '#libs/contracts';
import { loadSettings, oneOf, parseHostPort, Parses, Setting, type HostPort } from '#libs/settings';
import { logConfig, LogSettings, type LogConfig } from '#libs/telemetry';

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

  @Setting({ accepts: '1 to 64, or `auto`', about: 'Searches at a time; `auto` leaves one core free.' })
  @Matches(/^(auto|[1-9]|[1-5]\d|6[0-4])$/)
  MINER_THREADS = 'auto';

  @Setting({ accepts: oneOf(POW_ALGORITHMS), about: 'Proof of work of the chain.' })
  @IsIn(POW_ALGORITHMS)
  POW_ALGORITHM = 'octopus';
}

export interface MinerConfig extends LogConfig {
  readonly connect: HostPort;
  readonly worker: string;
  readonly password: string;
  readonly threads: number;
  readonly algorithm: PowAlgorithm;
}

/** Throws SettingError with one line for the operator. */
export function readMinerConfig(env: NodeJS.ProcessEnv): MinerConfig {
  const settings = loadSettings(MinerSettings, env);
  const threads = settings.MINER_THREADS;
  return {
    connect: parseHostPort(settings.MINER_CONNECT),
    worker: settings.MINER_WORKER,
    password: settings.MINER_PASSWORD,
    threads: threads === 'auto' ? Math.max(1, availableParallelism() - 1) : Number(threads),
    algorithm: settings.POW_ALGORITHM as PowAlgorithm,
    ...logConfig(settings),
  };
}
