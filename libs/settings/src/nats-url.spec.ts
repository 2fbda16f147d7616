import { describe, expect, it } from 'vitest';
import { parseNatsUrl } from './nats-url.js';

describe('NATS address', () => {
  it.each([
    ['nats://h', { name: 'nats://h:4222', connection: { servers: 'h:4222' } }],
    ['nats://[::1]:1/', { name: 'nats://[::1]:1', connection: { servers: '[::1]:1' } }],
    ['nats://u:p%40@h:1', { name: 'nats://h:1', connection: { servers: 'h:1', user: 'u', pass: 'p@' } }],
    ['nats://token@h', { name: 'nats://h:4222', connection: { servers: 'h:4222', token: 'token' } }],
    ['tls://h', { name: 'tls://h:4222', connection: { servers: 'h:4222', tls: {} } }],
  ])('reads %s', (text, address) => {
    expect(parseNatsUrl(text)).toEqual(address);
  });

  it.each([
    '',
    'h:4222',
    'http://h',
    'nats://',
    'nats://u:secret@h/x',
    'nats://secret:x',
    'nats://secret%@h',
  ])('refuses "%s" without quoting it', (text) => {
    expect(() => parseNatsUrl(text)).toThrow(RangeError);
    expect(() => parseNatsUrl(text)).toThrow(expect.not.stringContaining('secret'));
  });
});
