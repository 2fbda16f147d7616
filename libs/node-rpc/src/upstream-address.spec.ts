import { describe, expect, it } from 'vitest';
import { parseUpstream, upstreamName } from './upstream-address.js';

describe('parseUpstream', () => {
  it('reads host, port, password and RPC', () => {
    const address = parseUpstream('stratum://:p%40ss@node.lan:32525?rpc=http://node.lan:12539');
    expect(address).toEqual({
      host: 'node.lan',
      port: 32525,
      password: 'p@ss',
      rpcUrl: 'http://node.lan:12539',
    });
    expect(upstreamName(address)).toBe('node.lan:32525');
  });

  it('reads a bare address and IPv6', () => {
    expect(parseUpstream('stratum://127.0.0.1:1')).toEqual({
      host: '127.0.0.1',
      port: 1,
      password: '',
      rpcUrl: undefined,
    });
    expect(upstreamName(parseUpstream('stratum://[::1]:5'))).toBe('[::1]:5');
  });

  it.each([
    ['node:32525', 'is not a stratum:// address'],
    ['http://node:1', 'is not a stratum:// address'],
    ['stratum://node', 'needs a host and a port'],
    ['stratum://node:99999', 'is not a stratum:// address'],
    ['stratum://me:pw@node:1', 'has a user name'],
    ['stratum://node:1?rcp=http://node:2', 'unknown option "rcp"'],
    ['stratum://node:1?rpc=node:2', 'rpc that is no http://'],
    ['', 'is not a stratum:// address'],
  ])('refuses %s', (text, why) => {
    expect(() => parseUpstream(text)).toThrow(why);
  });

  it('never repeats a password in its error', () => {
    expect(() => parseUpstream('stratum://u:hunter2@node:1')).toThrow(expect.not.stringContaining('hunter2'));
  });
});
