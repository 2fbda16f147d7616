import { describe, expect, it } from 'vitest';
import { chainConfig } from './chain-options.js';
import { explain } from './devchain.js';

describe('explain', () => {
  it('names the Debian package of a missing library', () => {
    expect(explain('Error: libsqlite3.so.0: cannot open shared object file: No such file')).toContain(
      'apt-get install libsqlite3-0',
    );
    expect(explain('libssl.so.3: cannot open shared object file')).toContain('libssl3');
    expect(explain('libother-1.so.2: cannot open shared object file')).toBe('libother-1.so.2 is missing');
  });

  it('says when the node package itself is missing', () => {
    expect(explain("Cannot find module '@xcfx/node-linux-x64-gnu'")).toContain('is not installed');
  });

  it('hands on anything else', () => {
    expect(explain('Address already in use')).toBe('Address already in use');
    expect(explain('')).toBe('it printed nothing');
  });
});

it('writes a configuration that conflux-rust reads, with a secret only when there is one', () => {
  const options = {
    dataDir: '/data',
    rpcPort: 1,
    stratumPort: 2,
    p2pPort: 3,
    author: '0x1',
    octopus: true,
    difficulty: 5,
  };
  const lines = chainConfig(options).trim().split('\n');
  expect(lines).toContain('use_octopus_in_test_mode = true');
  expect(lines).toContain('stratum_listen_address = "127.0.0.1"');
  expect(lines.some((line) => line.startsWith('stratum_secret'))).toBe(false);
  expect(chainConfig({ ...options, stratumSecret: 'ab' })).toContain('stratum_secret = "ab"\n');
});
