import { describe, expect, it } from 'vitest';
import { readEngineOptions } from '#libs/octopus';
import { DEFAULT_LIMITS } from './limit-settings.js';
import { readGatewayConfig } from './settings.js';

const UPSTREAMS = 'stratum://127.0.0.1:32526';
const SECRET = 'ab'.repeat(32);
const read = (env: NodeJS.ProcessEnv) => readGatewayConfig({ UPSTREAMS, ...env });

describe('gateway settings', () => {
  it('have safe defaults', () => {
    const { proxies, ...config } = read({});
    expect(proxies.isEmpty).toBe(true);
    expect(config).toEqual({
      upstreams: [{ host: '127.0.0.1', port: 32526, password: '', rpcUrl: undefined }],
      author: undefined,
      listen: { host: '127.0.0.1', port: 32525 },
      secret: undefined,
      profile: 'conflux-rust',
      algorithm: 'octopus',
      powWorkers: undefined,
      http: { host: '127.0.0.1', port: 8525 },
      engine: readEngineOptions({}),
      ethereumStratum: undefined,
      shares: { intervalMs: 10_000, minDifficulty: 1000n, startDifficulty: 100_000_000n },
      tls: undefined,
      limits: DEFAULT_LIMITS,
      limitAddresses: true,
      logLevel: 'info',
      logFormat: 'auto',
    });
  });

  it('read every value', () => {
    const config = read({
      UPSTREAMS: 'stratum://:a@one:1?rpc=http://one:2, stratum://two:3',
      MINING_AUTHOR: 'net1234:aajaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaeec5ekfek',
      STRATUM_LISTEN: '0.0.0.0:1',
      STRATUM_SECRET: SECRET,
      STRATUM_PROFILE: 'documented',
      POW_ALGORITHM: 'keccak-test',
      POW_TRANSPORT: 'tcp',
      POW_TCP: 'worker:9, [::1]:10',
      HTTP_LISTEN: '[::1]:7',
      ETHEREUM_STRATUM_LISTEN: '0.0.0.0:4',
      SHARE_INTERVAL_S: '0',
      STRATUM_TLS_CERT: 'a.pem',
      STRATUM_TLS_KEY: 'b.pem',
      PROXY_TRUSTED: '10.0.0.0/8, ::1',
      LIMIT_BATCH: '5',
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'json',
    });
    expect(config.upstreams.map(({ host }) => host)).toEqual(['one', 'two']);
    expect(config).toMatchObject({
      author: '0x1000000000000000000000000000000000000001',
      secret: Buffer.from(SECRET, 'hex'),
      profile: 'documented',
      powWorkers: {
        transport: 'tcp',
        addresses: [
          { host: 'worker', port: 9 },
          { host: '::1', port: 10 },
        ],
      },
      http: { host: '::1', port: 7 },
      ethereumStratum: { host: '0.0.0.0', port: 4 },
      shares: undefined,
      tls: { certFile: 'a.pem', keyFile: 'b.pem' },
      limits: { batch: 5 },
    });
    expect(['10.1.2.3', '::1', '::2', '11.0.0.1'].map((ip) => config.proxies.has(ip))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.each([
    [{ UPSTREAMS: `${UPSTREAMS},${UPSTREAMS}` }, 'lists 127.0.0.1:32526 twice'],
    [{ STRATUM_TLS_CERT: 'a.pem' }, 'STRATUM_TLS_KEY is not set; accepted: both files of TLS, or neither'],
    [{ PROXY_TRUSTED: '10.0.0.0/33' }, 'PROXY_TRUSTED = 10.0.0.0/33'],
    [{ SHARE_INTERVAL_S: '601' }, 'SHARE_INTERVAL_S = 601; accepted: 0 to 600'],
    [{ SHARE_MIN_DIFFICULTY: '0' }, 'SHARE_MIN_DIFFICULTY = 0; accepted: 1 to 10^18'],
    [{ LIMIT_BATCH: '0' }, 'LIMIT_BATCH = 0'],
    [{ ETHEREUM_STRATUM_LISTEN: '0.0.0.0:1' }, 'ETHEREUM_STRATUM_LISTEN = 0.0.0.0:1 would let anybody in'],
    [
      { STRATUM_LISTEN: '0.0.0.0:1', STRATUM_SECRET: SECRET, STRATUM_LIMITS: 'off' },
      'STRATUM_LIMITS = off would leave STRATUM_LISTEN = 0.0.0.0:1 without protection',
    ],
    [{ UPSTREAMS: '' }, 'UPSTREAMS is not set'],
    [
      { UPSTREAMS: 'stratum://x' },
      'UPSTREAMS = stratum://x (needs a host and a port); accepted: comma list of',
    ],
    [{ STRATUM_LISTEN: '32525' }, 'STRATUM_LISTEN = 32525 (not host:port); accepted: host:port'],
    [{ STRATUM_SECRET: 'hunter2' }, 'STRATUM_SECRET = (hidden); accepted: 64 hex digits'],
    [{ STRATUM_ALLOW_ANONYMOUS: 'yes' }, 'STRATUM_ALLOW_ANONYMOUS = yes; accepted: `true` | `false`'],
    [{ POW_ALGORITHM: 'ethash' }, 'POW_ALGORITHM = ethash; accepted: `octopus` | `keccak-test`'],
    [{ MINING_AUTHOR: '0x1' }, 'MINING_AUTHOR = 0x1'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL = loud'],
    [
      { POW_TCP: 'a:1,b:2,a:1' },
      'POW_TCP = a:1,b:2,a:1 (lists a:1 twice); accepted: comma list of host:port',
    ],
    [{ POW_TCP: 'a:1,' }, 'POW_TCP = a:1, (not host:port)'],
    [{ NATS_URL: 'http://x' }, 'NATS_URL = (hidden) (is not a nats:// address); accepted: `nats://'],
  ])('refuse %o in one line', (env, message) => {
    expect(() => read(env)).toThrow(message);
    expect(() => read(env)).toThrow(/^[^\n]*$/);
  });

  it('never show a password', () => {
    for (const text of [
      'stratum://:hunter2@x',
      'stratum://:hunter2/a@x:1',
      'stratum://:a@hunter2@x:1?y=1',
      'stratum://:hunter2',
    ]) {
      expect(() => read({ UPSTREAMS: text })).toThrow(expect.not.stringContaining('hunter2'));
    }
    for (const text of ['nats://:hunter2@x/y', 'nats://hunter2', 'nats://a:hunter2', 'hunter2']) {
      const env = { NATS_URL: text, POW_TRANSPORT: 'nats' };
      if (text !== 'nats://hunter2') expect(() => read(env)).toThrow(expect.not.stringContaining('hunter2'));
    }
  });

  it('refuse an open listener that others can reach, unless told to', () => {
    const open = { STRATUM_LISTEN: '0.0.0.0:32525' };
    expect(() => read(open)).toThrow('would let anybody in');
    expect(read({ ...open, STRATUM_SECRET: SECRET }).secret).toBeDefined();
    expect(read({ ...open, STRATUM_ALLOW_ANONYMOUS: 'true' }).secret).toBeUndefined();
  });
});
