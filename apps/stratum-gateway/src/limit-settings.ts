/**
 * Every limit on what strangers and miners may use, in one table: default, range and reason. Each can be set in the
 * environment. Bounds that nobody needs to set are in limits.ts.
 */
import { loadSettings, Parses, Setting } from '#libs/settings';

interface Limit {
  readonly name: `LIMIT_${string}`;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** What is limited, and why to that. */
  readonly about: string;
}

const LIMITS = {
  lineBytes: {
    name: 'LIMIT_LINE_BYTES',
    default: 16_384,
    min: 1024,
    max: 1_048_576,
    about:
      'Longest line of a miner. An honest submit has about 300 bytes; this leaves room for any worker name.',
  },
  jsonDepth: {
    name: 'LIMIT_JSON_DEPTH',
    default: 127,
    min: 4,
    max: 127,
    about:
      'Arrays and objects inside each other. The node reads 127; more would be a parse error there, too.',
  },
  batch: {
    name: 'LIMIT_BATCH',
    default: 32,
    min: 1,
    max: 1000,
    about: 'Requests in one JSON-RPC batch. No miner is known to send batches.',
  },
  workerName: {
    name: 'LIMIT_WORKER_NAME',
    default: 256,
    min: 16,
    max: 1024,
    about: 'Characters of a worker name: an address, a rig and an e-mail address fit.',
  },
  requestsPerS: {
    name: 'LIMIT_REQUESTS_PER_S',
    default: 100,
    min: 1,
    max: 1_000_000,
    about:
      'Requests a second of one connection, in the long run; beyond it its lines wait. A rig sends one in ten seconds.',
  },
  requestBurst: {
    name: 'LIMIT_REQUEST_BURST',
    default: 400,
    min: 1,
    max: 1_000_000,
    about: 'Requests that one connection may send at once: a fast rig at the first, too easy share target.',
  },
  addressRequestsPerS: {
    name: 'LIMIT_ADDRESS_REQUESTS_PER_S',
    default: 1000,
    min: 1,
    max: 1_000_000,
    about: 'Requests a second of all connections of one address that have no accepted share yet.',
  },
  addressRequestBurst: {
    name: 'LIMIT_ADDRESS_REQUEST_BURST',
    default: 20_000,
    min: 1,
    max: 1_000_000,
    about: 'The same at once: ten thousand rigs behind one address may come back together after a power cut.',
  },
  connections: {
    name: 'LIMIT_CONNECTIONS',
    default: 16_384,
    min: 1,
    max: 60_000,
    about: 'Open connections in all, about 10 KiB each. The open-files limit of the process must be higher.',
  },
  connectionsPerAddress: {
    name: 'LIMIT_CONNECTIONS_PER_ADDRESS',
    default: 4096,
    min: 1,
    max: 60_000,
    about:
      'Connections of one address (IPv6: of one /64). Raise it for a larger farm behind one NAT or proxy.',
  },
  connectionsPerSubnet: {
    name: 'LIMIT_CONNECTIONS_PER_SUBNET',
    default: 8192,
    min: 1,
    max: 60_000,
    about: 'Connections of one /24 (IPv6: of one /48), so that a rented subnet is not 256 strangers.',
  },
  strangers: {
    name: 'LIMIT_STRANGERS',
    default: 12_288,
    min: 1,
    max: 60_000,
    about:
      'Connections of addresses that never had an accepted share; the other places are kept for those that had one.',
  },
  connectsPerS: {
    name: 'LIMIT_CONNECTS_PER_S',
    default: 500,
    min: 1,
    max: 1_000_000,
    about:
      'New connections a second of one address, ten times as many at once. Beyond it they are closed unheard.',
  },
  subscribeS: {
    name: 'LIMIT_SUBSCRIBE_S',
    default: 20,
    min: 1,
    max: 3600,
    about:
      'Seconds until a connection must have subscribed (EthereumStratum: authorized). Miners do it at once.',
  },
  idleS: {
    name: 'LIMIT_IDLE_S',
    default: 900,
    min: 10,
    max: 86_400,
    about:
      'Seconds without a line until a miner is closed, or 30 share intervals where that is longer. Only where it has a share target: a miner that hands in whole blocks may be silent for days.',
  },
  queuedBytes: {
    name: 'LIMIT_QUEUED_BYTES',
    default: 65_536,
    min: 16_384,
    max: 1_048_576,
    about:
      'Bytes that wait for a slow reader; beyond them it gets the newest job only. A job has about 270 bytes.',
  },
  slowReaderS: {
    name: 'LIMIT_SLOW_READER_S',
    default: 60,
    min: 1,
    max: 3600,
    about: 'Seconds that a miner may leave bytes unread until it is closed. Its jobs are old long before.',
  },
  sharesInFlight: {
    name: 'LIMIT_SHARES_IN_FLIGHT',
    default: 32,
    min: 1,
    max: 1024,
    about:
      'Lines of one connection that wait for their answers; further ones are left unread. Bounds its hashes in flight.',
  },
  keptJobs: {
    name: 'LIMIT_KEPT_JOBS',
    default: 1024,
    min: 16,
    max: 65_536,
    about:
      'Past works whose shares are still judged, about 1 kB each. Also bounded by ten minutes and 64 heights.',
  },
  keptShares: {
    name: 'LIMIT_KEPT_SHARES',
    default: 65_536,
    min: 1024,
    max: 1_048_576,
    about: 'Shares remembered to find duplicates (up to twice as many): 48 MB at most at the default.',
  },
  keptWorkers: {
    name: 'LIMIT_KEPT_WORKERS',
    default: 16_384,
    min: 16,
    max: 65_536,
    about:
      'Worker names whose statistics are kept, about 2 kB each; the one gone longest is forgotten first.',
  },
  tlsHandshakes: {
    name: 'LIMIT_TLS_HANDSHAKES',
    default: 64,
    min: 1,
    max: 4096,
    about:
      'TLS handshakes under way, each about 50 kB and a signature; further ones are closed before they cost either.',
  },
  preambleS: {
    name: 'LIMIT_PREAMBLE_S',
    default: 10,
    min: 1,
    max: 60,
    about: 'Seconds for a PROXY header and a TLS handshake.',
  },
  banS: {
    name: 'LIMIT_BAN_S',
    default: 600,
    min: 1,
    max: 86_400,
    about:
      'Seconds that an address stays banned after too many wrong passwords or a flood of invalid shares.',
  },
} as const satisfies Record<string, Limit>;

export type Limits = { readonly [Key in keyof typeof LIMITS]: number };

const ROWS = Object.entries(LIMITS) as [keyof Limits, Limit][];

/** One field for each limit, named like its variable. */
export class LimitSettings {
  [name: string]: string;

  constructor() {
    for (const [, limit] of ROWS) Object.assign(this, { [limit.name]: String(limit.default) });
  }
}

for (const [, { name, min, max, about }] of ROWS) {
  Setting({ accepts: `${min} to ${max}`, about })(LimitSettings.prototype, name);
  Parses((text) => whole(text, min, max))(LimitSettings.prototype, name);
}

export const DEFAULT_LIMITS = limitsOf(new LimitSettings());

/** Throws SettingError with one line for the operator. */
export function readLimits(env: NodeJS.ProcessEnv): Limits {
  return limitsOf(loadSettings(LimitSettings, env));
}

function limitsOf(settings: LimitSettings): Limits {
  return Object.fromEntries(ROWS.map(([key, { name }]) => [key, Number(settings[name])])) as Limits;
}

function whole(text: string, min: number, max: number): void {
  if (!/^\d{1,9}$/.test(text) || Number(text) < min || Number(text) > max) {
    throw new RangeError('not in range');
  }
}
