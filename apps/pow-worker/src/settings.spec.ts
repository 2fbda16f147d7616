import { describe, expect, it } from 'vitest';
import { readEngineOptions } from '#libs/octopus';
import { readWorkerConfig } from './settings.js';

describe('pow-worker settings', () => {
  it('have safe defaults', () => {
    expect(readWorkerConfig({})).toEqual({
      algorithm: 'octopus',
      reachedBy: { transport: 'tcp', listen: { host: '127.0.0.1', port: 32527 } },
      http: { host: '127.0.0.1', port: 32528 },
      maxInFlight: undefined,
      engine: readEngineOptions({}),
      logLevel: 'info',
      logFormat: 'auto',
    });
  });

  it('read every value', () => {
    const config = readWorkerConfig({
      POW_TRANSPORT: 'nats',
      // Not in use, so it is nobody's harm.
      POW_TCP: '0.0.0.0:1',
      NATS_URL: 'nats://me:pass%40word@broker:4333',
      POW_MAX_IN_FLIGHT: '4096',
    });
    expect(config).toMatchObject({
      reachedBy: {
        transport: 'nats',
        nats: {
          name: 'nats://broker:4333',
          connection: { servers: 'broker:4333', user: 'me', pass: 'pass@word' },
        },
      },
      maxInFlight: 4096,
    });
  });

  it.each([
    [{ POW_TCP: '0.0.0.0:1' }, 'POW_TCP = 0.0.0.0:1 would serve anybody'],
    [{ POW_HTTP: '0.0.0.0:1' }, 'POW_HTTP = 0.0.0.0:1 would serve anybody'],
    [{ POW_HTTP: '[::]:1', POW_TRANSPORT: 'nats' }, 'POW_HTTP = [::]:1 would serve anybody'],
    [{ POW_TRANSPORT: 'embedded' }, 'POW_TRANSPORT = embedded; accepted: `tcp` | `nats`'],
    [{ POW_MAX_IN_FLIGHT: '0' }, 'POW_MAX_IN_FLIGHT = 0; accepted: 1 to 4096, or `auto`'],
    [{ POW_MAX_IN_FLIGHT: '4097' }, 'POW_MAX_IN_FLIGHT = 4097'],
    [{ NATS_URL: 'nats://a:secret@b/c' }, 'NATS_URL = (hidden) (has more than a host and a port)'],
  ])('refuse %o in one line', (env, message) => {
    expect(() => readWorkerConfig(env)).toThrow(message);
    expect(() => readWorkerConfig(env)).toThrow(/^[^\n]*$/);
  });

  it('let others in when told to', () => {
    const open = { POW_TCP: '0.0.0.0:1', POW_HTTP: '0.0.0.0:2', POW_ALLOW_ANONYMOUS: 'true' };
    expect(readWorkerConfig(open).http.host).toBe('0.0.0.0');
  });
});
