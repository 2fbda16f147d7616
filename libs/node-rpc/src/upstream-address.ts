/** Where a node is: `stratum://[:password@]host:port[?rpc=http://host:port]`. */

export interface UpstreamAddress {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  readonly rpcUrl: string | undefined;
}

export const UPSTREAM_FORM = 'stratum://[:password@]host:port[?rpc=http://host:port]';

/** Throws RangeError naming what is wrong, never the password. */
export function parseUpstream(text: string): UpstreamAddress {
  const url = parseUrl(text.trim());
  if (url?.protocol !== 'stratum:') return refuse('is not a stratum:// address');
  if (url.hostname === '' || url.port === '') return refuse('needs a host and a port');
  if (url.username !== '')
    return refuse('has a user name; conflux-rust knows passwords only (stratum://:password@…)');
  for (const name of url.searchParams.keys())
    if (name !== 'rpc') return refuse(`has the unknown option "${name}"`);
  const rpcUrl = url.searchParams.get('rpc') ?? undefined;
  if (rpcUrl !== undefined && !/^https?:$/.test(parseUrl(rpcUrl)?.protocol ?? '')) {
    return refuse('has an rpc that is no http:// or https:// address');
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(url.port), password: decodeURIComponent(url.password), rpcUrl };
}

/** Host and port, for names and logs. */
export function upstreamName({ host, port }: UpstreamAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function refuse(what: string): never {
  throw new RangeError(what);
}
