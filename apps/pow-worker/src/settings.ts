/** The pow-worker's settings. */
import { IsIn } from 'class-validator';
import { POW_ALGORITHMS, type PowAlgorithm } from '#libs/contracts';
import {
  isLoopback,
  loadSettings,
  oneOf,
  parseHostPort,
  Parses,
  Setting,
  SettingError,
  type HostPort,
} from '#libs/settings';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat } from '#libs/telemetry';

export class WorkerSettings {
  @Setting({ accepts: oneOf(POW_ALGORITHMS), about: 'Proof of work; must be the same at the gateway.' })
  @IsIn(POW_ALGORITHMS)
  POW_ALGORITHM = 'octopus';

  @Setting({ accepts: 'host:port', about: 'Where the worker listens for gateways.' })
  @Parses(parseHostPort)
  POW_TCP = '127.0.0.1:32527';

  @Setting({
    accepts: oneOf(['true', 'false']),
    about: 'Whether the worker may listen where others can reach it: it asks nobody who he is.',
  })
  @IsIn(['true', 'false'])
  POW_ALLOW_ANONYMOUS = 'false';

  @Setting({ accepts: oneOf(LOG_LEVELS), about: 'How much is logged.' })
  @IsIn(LOG_LEVELS)
  LOG_LEVEL = 'info';

  @Setting({
    accepts: oneOf(LOG_FORMATS),
    about: 'Lines for people or JSON; `auto` takes the first on a terminal.',
  })
  @IsIn(LOG_FORMATS)
  LOG_FORMAT = 'auto';
}

export interface WorkerConfig {
  readonly algorithm: PowAlgorithm;
  readonly listen: HostPort;
  readonly logLevel: string;
  readonly logFormat: LogFormat;
}

/** Throws SettingError with one line for the operator. */
export function readWorkerConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  const settings = loadSettings(WorkerSettings, env);
  const listen = parseHostPort(settings.POW_TCP);
  if (settings.POW_ALLOW_ANONYMOUS !== 'true' && !isLoopback(listen.host)) {
    throw new SettingError(
      'POW_TCP',
      `POW_TCP = ${settings.POW_TCP} would serve anybody; accepted: a loopback address, or any address with ` +
        'POW_ALLOW_ANONYMOUS=true on a network that only gateways reach',
    );
  }
  return {
    algorithm: settings.POW_ALGORITHM as PowAlgorithm,
    listen,
    logLevel: settings.LOG_LEVEL,
    logFormat: settings.LOG_FORMAT as LogFormat,
  };
}
