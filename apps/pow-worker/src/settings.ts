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
import { logConfig, LogSettings, type LogConfig } from '#libs/telemetry';

export class WorkerSettings extends LogSettings {
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
}

export interface WorkerConfig extends LogConfig {
  readonly algorithm: PowAlgorithm;
  readonly listen: HostPort;
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
    ...logConfig(settings),
  };
}
