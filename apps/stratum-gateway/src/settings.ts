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

const PROFILES = ['conflux-rust', 'documented'] as const;
const TRANSPORTS = ['embedded', 'tcp'] as const;
/** Hides all that may be part of a password, also in a value that is not understood. */
const maskPassword = (value: string): string =>
  value.replace(/\/\/.*@/, '//***@').replaceAll(/\/\/:[^,@]*/g, '//***');

function parseUpstreams(text: string): UpstreamAddress[] {
  const upstreams = text.split(',').map(parseUpstream);
  const names = upstreams.map(upstreamName);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RangeError(`lists ${twice} twice`);
  return upstreams;
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

  @Setting({ accepts: oneOf(TRANSPORTS), about: 'Check shares in this process, or in a pow-worker.' })
  @IsIn(TRANSPORTS)
  POW_TRANSPORT = 'embedded';

  @Setting({ accepts: 'host:port', about: 'Where the pow-worker listens (`POW_TRANSPORT=tcp`).' })
  @Parses(parseHostPort)
  POW_TCP = '127.0.0.1:32527';

  @Setting({ accepts: 'host:port', about: 'Where `/health/live` and `/health/ready` are served.' })
  @Parses(parseHostPort)
  HTTP_LISTEN = '127.0.0.1:8525';
}

export interface GatewayConfig extends LogConfig {
  readonly upstreams: readonly UpstreamAddress[];
  readonly author: string | undefined;
  readonly listen: HostPort;
  /** keccak256 of the miners' password; undefined admits everybody. */
  readonly secret: Buffer | undefined;
  readonly profile: (typeof PROFILES)[number];
  readonly algorithm: PowAlgorithm;
  /** Where the pow-worker is; undefined means in this process. */
  readonly powWorker: HostPort | undefined;
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
    powWorker: settings.POW_TRANSPORT === 'tcp' ? parseHostPort(settings.POW_TCP) : undefined,
    http: parseHostPort(settings.HTTP_LISTEN),
    ...logConfig(settings),
  };
}
