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
import type { VardiffOptions } from '#libs/mining';
import { logConfig, LogSettings, type LogConfig } from '#libs/telemetry';
import { readLimits, type Limits } from './limit-settings.js';
import { MAX_WORKERS } from './limits.js';
import { AddressSet } from './listener/address.js';
import type { TlsFiles } from './listener/tls-certificate.js';

const PROFILES = ['conflux-rust', 'documented'] as const;
const TRANSPORTS = ['embedded', 'tcp', 'nats'] as const;
const DIFFICULTY = /^([1-9]\d{0,17}|10{18})$/;
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

  @Setting({
    accepts: 'host:port, or nothing',
    about: 'Where miners connect that speak EthereumStratum/1.0.0 and need an extranonce.',
  })
  @Parses(parseHostPort)
  ETHEREUM_STRATUM_LISTEN = '';

  @Setting({
    accepts: '0 to 600',
    about:
      'Seconds between two shares of a rig, on average: each connection gets a boundary that fits its speed. With 0 the ' +
      "node's boundary is passed through, and only whole blocks are handed in.",
  })
  @Matches(/^([0-5]?\d?\d|600)$/)
  SHARE_INTERVAL_S = '10';

  @Setting({
    accepts: '1 to 10^18',
    about: 'No share is easier than this (hashes, rounded up to a power of two).',
  })
  @Matches(DIFFICULTY)
  SHARE_MIN_DIFFICULTY = '1000';

  @Setting({
    accepts: '1 to 10^18',
    about: 'Where a connection begins, before its speed is known: one share a second at 100 MH/s.',
  })
  @Matches(DIFFICULTY)
  SHARE_START_DIFFICULTY = '100000000';

  @Setting({
    accepts: 'a PEM file, or nothing',
    about: 'Certificate chain. With it the stratum ports speak TLS too, told apart by the first byte.',
  })
  STRATUM_TLS_CERT = '';

  @Setting({
    accepts: 'a PEM file, or nothing',
    about: 'Its private key. Both are read again when they change.',
  })
  STRATUM_TLS_KEY = '';

  @Setting({
    accepts: 'comma list of addresses and networks (`10.0.0.0/8`), or nothing',
    about: 'Proxies whose PROXY header (v1 or v2) says who the miner is. From them it is required.',
  })
  @Parses((text) => AddressSet.parse(text))
  PROXY_TRUSTED = '';

  @Setting({
    accepts: oneOf(['on', 'off']),
    about: 'With `off` no limit counts by address and nobody is banned; for benches, on loopback only.',
  })
  @IsIn(['on', 'off'])
  STRATUM_LIMITS = 'on';

  @Setting({
    accepts: 'host:port',
    about: 'Where `/health/…` and `/api/v1/…` are served. Without a password: keep it to yourself.',
  })
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
  /** Undefined: no such listener. */
  readonly ethereumStratum: HostPort | undefined;
  /** Undefined: the node's boundary is passed through. */
  readonly shares: VardiffOptions | undefined;
  readonly tls: TlsFiles | undefined;
  readonly proxies: AddressSet;
  readonly limits: Limits;
  /** Whether limits count by address, and bans are given. */
  readonly limitAddresses: boolean;
}

/** Throws SettingError with one line for the operator. */
export function readGatewayConfig(env: NodeJS.ProcessEnv): GatewayConfig {
  const settings = loadSettings(GatewaySettings, env);
  const listen = parseHostPort(settings.STRATUM_LISTEN);
  const ethereumStratum =
    settings.ETHEREUM_STRATUM_LISTEN === '' ? undefined : parseHostPort(settings.ETHEREUM_STRATUM_LISTEN);
  refuseOpenDoors(settings);
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
    ethereumStratum,
    shares: shares(settings),
    tls: certificateFiles(settings),
    proxies: AddressSet.parse(settings.PROXY_TRUSTED),
    limits: readLimits(env),
    limitAddresses: settings.STRATUM_LIMITS === 'on',
    ...logConfig(settings),
  };
}

/** What others can reach has a password, and limits. */
function refuseOpenDoors(settings: GatewaySettings): void {
  const open = settings.STRATUM_SECRET === '' && settings.STRATUM_ALLOW_ANONYMOUS !== 'true';
  for (const name of ['STRATUM_LISTEN', 'ETHEREUM_STRATUM_LISTEN'] as const) {
    const address = settings[name];
    if (address === '' || isLoopback(parseHostPort(address).host)) continue;
    if (open) {
      throw new SettingError(
        name,
        `${name} = ${address} would let anybody in; accepted: a loopback address, or any address ` +
          'with STRATUM_SECRET set (or STRATUM_ALLOW_ANONYMOUS=true on a network you trust)',
      );
    }
    if (settings.STRATUM_LIMITS === 'off') {
      throw new SettingError(
        'STRATUM_LIMITS',
        `STRATUM_LIMITS = off would leave ${name} = ${address} without protection; accepted: on, or a loopback address`,
      );
    }
  }
}

function shares(settings: GatewaySettings): VardiffOptions | undefined {
  const intervalMs = Number(settings.SHARE_INTERVAL_S) * 1000;
  if (intervalMs === 0) return undefined;
  return {
    intervalMs,
    minDifficulty: BigInt(settings.SHARE_MIN_DIFFICULTY),
    startDifficulty: BigInt(settings.SHARE_START_DIFFICULTY),
  };
}

function certificateFiles({ STRATUM_TLS_CERT, STRATUM_TLS_KEY }: GatewaySettings): TlsFiles | undefined {
  if ((STRATUM_TLS_CERT === '') !== (STRATUM_TLS_KEY === '')) {
    const missing = STRATUM_TLS_CERT === '' ? 'STRATUM_TLS_CERT' : 'STRATUM_TLS_KEY';
    throw new SettingError(missing, `${missing} is not set; accepted: both files of TLS, or neither`);
  }
  return STRATUM_TLS_CERT === '' ? undefined : { certFile: STRATUM_TLS_CERT, keyFile: STRATUM_TLS_KEY };
}

function powWorkers({ POW_TRANSPORT, POW_TCP, NATS_URL }: GatewaySettings): PowWorkers | undefined {
  if (POW_TRANSPORT === 'tcp') return { transport: 'tcp', addresses: parseWorkers(POW_TCP) };
  if (POW_TRANSPORT === 'nats') return { transport: 'nats', nats: parseNatsUrl(NATS_URL) };
  return undefined;
}
