import { ForbiddenException, NotFoundException } from '@nestjs/common';
import type { Request } from 'express';
import { expect, it } from 'vitest';
import { GatewayEvents } from '../events.js';
import { DEFAULT_LIMITS } from '../limit-settings.js';
import { Gatekeeper } from '../listener/gatekeeper.js';
import { BansController } from './bans.controller.js';

const from = (remoteAddress: string): Request => ({ socket: { remoteAddress } }) as unknown as Request;

it('lists bans, and lifts them for whoever is at this machine', () => {
  const gate = new Gatekeeper(DEFAULT_LIMITS, true, new GatewayEvents());
  const bans = new BansController(gate);
  for (let guess = 0; guess < 20; guess++) gate.offended('2001:db8::5', 'wrong-secret');
  expect(bans.list()).toMatchObject([{ address: '2001:db8::/64', reason: 'wrong passwords', offences: 8 }]);
  expect(() => bans.lift('2001:db8::9', from('10.0.0.1'))).toThrow(ForbiddenException);
  expect(() => bans.lift('10.0.0.1', from('::1'))).toThrow(NotFoundException);
  bans.lift('2001:db8::9', from('::ffff:127.0.0.1'));
  expect(bans.list()).toEqual([]);
});
