import { IsIn } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { formatHostPort, isLoopback, parseHostPort } from './host-port.js';
import { renderEnvFile, renderTable } from './render.js';
import { describeSettings, loadSettings, Parses, Setting } from './setting.js';

class Example {
  @Setting({ accepts: 'host:port', about: 'Where to listen.' })
  @Parses(parseHostPort)
  LISTEN = '127.0.0.1:1';

  @Setting({ accepts: '`a` | `b`', about: 'Which one.', mask: () => '***' })
  @IsIn(['a', 'b'])
  KIND = 'a';
}

describe('loadSettings', () => {
  it('takes defaults, trims, and treats an empty variable as not set', () => {
    expect(loadSettings(Example, { KIND: ' b ', LISTEN: '' })).toEqual({ LISTEN: '127.0.0.1:1', KIND: 'b' });
  });

  it('names variable, value, fault and what is accepted, in one line', () => {
    expect(() => loadSettings(Example, { LISTEN: '99' })).toThrow(
      'LISTEN = 99 (not host:port); accepted: host:port',
    );
  });

  it('hides a masked value', () => {
    expect(() => loadSettings(Example, { KIND: 'secret' })).toThrow('KIND = ***; accepted: `a` | `b`');
  });
});

it('renders what the class says', () => {
  const rows = describeSettings(Example);
  expect(renderTable(rows).split('\n').slice(2)).toEqual([
    '| `LISTEN` | `127.0.0.1:1` | host:port | Where to listen. |',
    '| `KIND` | `a` | `a` \\| `b` | Which one. |',
  ]);
  const groups = [
    { title: 'One', rows },
    { title: 'Two', rows },
  ];
  expect(renderEnvFile(groups)).toContain('# Where to listen. Accepts: host:port.\n# LISTEN=127.0.0.1:1\n');
  expect(renderEnvFile(groups).match(/LISTEN=/g)).toHaveLength(1);
});

describe('host and port', () => {
  it.each(['127.0.0.1:32525', '[::1]:80', 'node.lan:0'])('reads and writes %s', (text) => {
    expect(formatHostPort(parseHostPort(text))).toBe(text);
  });

  it.each(['', ':1', 'host', 'host:', 'host:70000', '::1:80', 'a b:1', 'host:1x'])('refuses "%s"', (text) => {
    expect(() => parseHostPort(text)).toThrow(RangeError);
  });

  it('knows what only this machine can reach', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '10.0.0.1', '127.example.org', '1270.0.0.1'].some(isLoopback)).toBe(false);
  });
});
