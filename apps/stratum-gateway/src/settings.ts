/** The gateway's settings: one class that reads them, one function that turns their text into what the code uses. */
import { IsIn, Matches } from 'class-validator';
import { POW_ALGORITHMS, type PowAlgorithm } from '#libs/contracts';
import {
  upstreamName,
  parseUpstream,
  UPSTREAM_FORM,
  addressToHex,
  type UpstreamAddress,
} from '#libs/node-rpc';
import { readEngineOptions, type EngineOptions } from '#libs/octopus';
import {
  isLoopback,
  formatHostPort,
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
import { MAX_WORKERS } from './limits.js';

const PROFILES = ['conflux-rust', 'documented'] as const;
const TRANSPORTS = ['embedded', 'tcp', 'nats'] as const;
/** Hides all that may be part of a password, also in a value that is not understood. */
const maskPassword = (value: string): string =>
  value.replace(/\/\/.*@/, '//***@').replaceAll(/\/\/:[^,@]*/g, '//***');

function parseUpstreams(text: string): UpstreamAddress[] {
  const upstreams = text.split(',').map(parseUpstream);
  refuseTwins(upstreams.map(upstreamName));
  return upstreams;
}

function parseWorkers(text: string): HostPort[] {
  const workers = text.split(',').map((address) => parseHostPort(address.trim()));
  refuseTwins(workers.map(formatHostPort));
  if (workers.length > MAX_WORKERS) throw new RangeError(`more than ${MAX_WORKERS} workers`);
  return workers;
}

function refuseTwins(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RangeError(`lists ${twice} twice`);
}

export class GatewaySettings extends LogSettings {
  @Setting({
    accepts: `comma list of \`${UPSTREAM_FORM}\``,
    about:
      'The conflux-rust nodes to mine on, the preferred one first. Without `rpc` blocks cannot be located.',
    mask: maskPassword,
  })
  @Matches(/./)
  @Parses(parseUpstreams)
  UPSTREAMS = '';

  @Setting({
    accepts: 'a core-space address, base32 or hex',
    about: "The node's `mining_author`. When set, a block of another author is not taken for ours.",
  })
  @Parses(addressToHex)
  MINING_AUTHOR = '';

  @Setting({ accepts: 'host:port', about: 'Where miners connect.' })
  @Parses(parseHostPort)
  STRATUM_LISTEN = '127.0.0.1:32525';

  @Setting({
    accepts: '64 hex digits',
    about:
      "keccak256 of the miners' password, as in conflux-rust's `stratum_secret`. Miners send the password.",
    mask: () => '(hidden)',
  })
  @Matches(/^([0-9a-fA-F]{64})?$/)
  STRATUM_SECRET = '';

  @Setting({
    accepts: oneOf(['true', 'false']),
    about: 'Whether a listener that others can reach may be open to everybody (no `STRATUM_SECRET`).',
  })
  @IsIn(['true', 'false'])
  STRATUM_ALLOW_ANONYMOUS = 'false';

  @Setting({
    accepts: oneOf(PROFILES),
    about: 'How messages are spelled: as the node does, or as its documentation says.',
  })
  @IsIn(PROFILES)
  STRATUM_PROFILE = 'conflux-rust';

  @Setting({
    accepts: oneOf(POW_ALGORITHMS),
    about: 'Proof of work; `keccak-test` is for test chains without Octopus.',
  })
  @IsIn(POW_ALGORITHMS)
  POW_ALGORITHM = 'octopus';

  @Setting({
    accepts: oneOf(TRANSPORTS),
    about: 'Check shares in this process, or in pow-workers: each at its port, or through a NATS server.',
  })
  @IsIn(TRANSPORTS)
  POW_TRANSPORT = 'embedded';

  @Setting({
    accepts: 'comma list of host:port',
    about: 'Where the pow-workers listen (`POW_TRANSPORT=tcp`).',
  })
  @Parses(parseWorkers)
  POW_TCP = '127.0.0.1:32527';

  @Setting({
    accepts: `\`${NATS_URL_FORM}\``,
    about: 'The NATS server of the pow-workers (`POW_TRANSPORT=nats`).',
    mask: () => '(hidden)',
  })
  @Parses(parseNatsUrl)
  NATS_URL = 'nats://127.0.0.1:4222';

  @Setting({ accepts: 'host:port', about: 'Where `/health/live` and `/health/ready` are served.' })
  @Parses(parseHostPort)
  HTTP_LISTEN = '127.0.0.1:8525';
}

/** Where hashes are made but in this process. */
export type PowWorkers =
  | { readonly transport: 'tcp'; readonly addresses: readonly HostPort[] }
  | { readonly transport: 'nats'; readonly nats: NatsUrl };

export interface GatewayConfig extends LogConfig {
  readonly upstreams: readonly UpstreamAddress[];
  readonly author: string | undefined;
  readonly listen: HostPort;
  /** keccak256 of the miners' password; undefined admits everybody. */
  readonly secret: Buffer | undefined;
  readonly profile: (typeof PROFILES)[number];
  readonly algorithm: PowAlgorithm;
  /** Undefined: hashes are made in this process only. */
  readonly powWorkers: PowWorkers | undefined;
  readonly engine: EngineOptions;
  readonly http: HostPort;
}

/** Throws SettingError with one line for the operator. */
export function readGatewayConfig(env: NodeJS.ProcessEnv): GatewayConfig {
  const settings = loadSettings(GatewaySettings, env);
  const listen = parseHostPort(settings.STRATUM_LISTEN);
  const open = settings.STRATUM_SECRET === '' && settings.STRATUM_ALLOW_ANONYMOUS !== 'true';
  if (open && !isLoopback(listen.host)) {
    throw new SettingError(
      'STRATUM_LISTEN',
      `STRATUM_LISTEN = ${settings.STRATUM_LISTEN} would let anybody in; accepted: a loopback address, or any address ` +
        'with STRATUM_SECRET set (or STRATUM_ALLOW_ANONYMOUS=true on a network you trust)',
    );
  }
  return {
    upstreams: parseUpstreams(settings.UPSTREAMS),
    author: settings.MINING_AUTHOR === '' ? undefined : addressToHex(settings.MINING_AUTHOR),
    listen,
    secret: settings.STRATUM_SECRET === '' ? undefined : Buffer.from(settings.STRATUM_SECRET, 'hex'),
    profile: settings.STRATUM_PROFILE as GatewayConfig['profile'],
    algorithm: settings.POW_ALGORITHM as PowAlgorithm,
    powWorkers: powWorkers(settings),
    engine: readEngineOptions(env),
    http: parseHostPort(settings.HTTP_LISTEN),
    ...logConfig(settings),
  };
}

function powWorkers({ POW_TRANSPORT, POW_TCP, NATS_URL }: GatewaySettings): PowWorkers | undefined {
  if (POW_TRANSPORT === 'tcp') return { transport: 'tcp', addresses: parseWorkers(POW_TCP) };
  if (POW_TRANSPORT === 'nats') return { transport: 'nats', nats: parseNatsUrl(NATS_URL) };
  return undefined;
}
