/** The pow-worker's settings. */
import { IsIn, Matches } from 'class-validator';
import { POW_ALGORITHMS, type PowAlgorithm } from '#libs/contracts';
import { readEngineOptions, type EngineOptions } from '#libs/octopus';
import {
  isLoopback,
  loadSettings,
  NATS_URL_FORM,
  oneOf,
  parseHostPort,
  parseNatsUrl,
  Parses,
  Setting,
  SettingError,
  type HostPort,
  type NatsUrl,
} from '#libs/settings';
import { logConfig, LogSettings, type LogConfig } from '#libs/telemetry';

const TRANSPORTS = ['tcp', 'nats'] as const;

export class WorkerSettings extends LogSettings {
  @Setting({ accepts: oneOf(POW_ALGORITHMS), about: 'Proof of work; must be the same at the gateway.' })
  @IsIn(POW_ALGORITHMS)
  POW_ALGORITHM = 'octopus';

  @Setting({
    accepts: oneOf(TRANSPORTS),
    about: 'How gateways reach the worker: on a port of its own, or through a NATS server.',
  })
  @IsIn(TRANSPORTS)
  POW_TRANSPORT = 'tcp';

  @Setting({ accepts: 'host:port', about: 'Where the worker listens for gateways (`POW_TRANSPORT=tcp`).' })
  @Parses(parseHostPort)
  POW_TCP = '127.0.0.1:32527';

  @Setting({
    accepts: `\`${NATS_URL_FORM}\``,
    about: 'The NATS server (`POW_TRANSPORT=nats`).',
    mask: () => '(hidden)',
  })
  @Parses(parseNatsUrl)
  NATS_URL = 'nats://127.0.0.1:4222';

  @Setting({ accepts: 'host:port', about: 'Where `/health` and `/metrics` are served.' })
  @Parses(parseHostPort)
  POW_HTTP = '127.0.0.1:32528';

  @Setting({
    accepts: '1 to 4096, or `auto`',
    about: 'Requests taken at a time, more are answered "busy"; `auto` is 32 for each thread that hashes.',
  })
  @Matches(/^(auto|[1-9]\d{0,2}|[1-3]\d{3}|40[0-8]\d|409[0-6])$/)
  POW_MAX_IN_FLIGHT = 'auto';

  @Setting({
    accepts: oneOf(['true', 'false']),
    about: 'Whether the worker may listen where others can reach it: it asks nobody who he is.',
  })
  @IsIn(['true', 'false'])
  POW_ALLOW_ANONYMOUS = 'false';
}

export interface WorkerConfig extends LogConfig {
  readonly algorithm: PowAlgorithm;
  readonly reachedBy:
    | { readonly transport: 'tcp'; readonly listen: HostPort }
    | { readonly transport: 'nats'; readonly nats: NatsUrl };
  readonly http: HostPort;
  readonly engine: EngineOptions;
  /** undefined: as many as the engine's threads are good for. */
  readonly maxInFlight: number | undefined;
}

/** Throws SettingError with one line for the operator. */
export function readWorkerConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  const settings = loadSettings(WorkerSettings, env);
  const overTcp = settings.POW_TRANSPORT === 'tcp';
  for (const name of overTcp ? (['POW_TCP', 'POW_HTTP'] as const) : (['POW_HTTP'] as const)) {
    if (settings.POW_ALLOW_ANONYMOUS === 'true' || isLoopback(parseHostPort(settings[name]).host)) continue;
    throw new SettingError(
      name,
      `${name} = ${settings[name]} would serve anybody; accepted: a loopback address, or any address with ` +
        'POW_ALLOW_ANONYMOUS=true on a network that only gateways reach',
    );
  }
  return {
    algorithm: settings.POW_ALGORITHM as PowAlgorithm,
    reachedBy: overTcp
      ? { transport: 'tcp', listen: parseHostPort(settings.POW_TCP) }
      : { transport: 'nats', nats: parseNatsUrl(settings.NATS_URL) },
    http: parseHostPort(settings.POW_HTTP),
    engine: readEngineOptions(env),
    maxInFlight: settings.POW_MAX_IN_FLIGHT === 'auto' ? undefined : Number(settings.POW_MAX_IN_FLIGHT),
    ...logConfig(settings),
  };
}
