/** `nats://[user:password@ | token@]host[:port]`; `tls://` for an encrypted connection. */

export interface NatsUrl {
  /** Without credentials: what may be logged. */
  readonly name: string;
  /** For the client's `connect`. */
  readonly connection: {
    readonly servers: string;
    readonly user?: string;
    readonly pass?: string;
    readonly token?: string;
    readonly tls?: object;
  };
}

export const NATS_URL_FORM = 'nats://[user:password@]host[:port]';
const DEFAULT_PORT = '4222';

/** Throws RangeError for anything else, without quoting it: it may be a password. */
export function parseNatsUrl(text: string): NatsUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '')
    throw new RangeError('is not a nats:// address');
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    throw new RangeError('has more than a host and a port');
  const servers = `${url.hostname}:${url.port || DEFAULT_PORT}`;
  return {
    name: `${url.protocol}//${servers}`,
    connection: { servers, ...credentials(url), ...(url.protocol === 'tls:' ? { tls: {} } : {}) },
  };
}

function credentials({ username, password }: URL): Pick<NatsUrl['connection'], 'user' | 'pass' | 'token'> {
  if (username === '') return {};
  try {
    const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
    return pass === '' ? { token: user } : { user, pass };
  } catch {
    throw new RangeError('has a wrong percent code');
  }
}
