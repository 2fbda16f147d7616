/** Who is banned, and how to let him in again. */
import {
  Controller,
  Delete,
  ForbiddenException,
  Get,
  Header,
  HttpCode,
  NotFoundException,
  Param,
  Req,
} from '@nestjs/common';
import type { Request } from 'express';
import { isLoopback } from '#libs/settings';
import { canonical } from '../listener/address.js';
import { Gatekeeper } from '../listener/gatekeeper.js';

@Controller('api/v1/bans')
export class BansController {
  constructor(private readonly gate: Gatekeeper) {}

  @Get()
  @Header('cache-control', 'no-store')
  list(): object[] {
    return this.gate.bans().map(({ address, reason, since, until, hits }) => ({
      address,
      reason,
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      offences: hits,
    }));
  }

  /** From this machine only, for there is no password. An IPv6 address stands for its /64. */
  @Delete(':address')
  @HttpCode(204)
  lift(@Param('address') address: string, @Req() request: Request): void {
    if (!isLoopback(canonical(request.socket.remoteAddress ?? ''))) {
      throw new ForbiddenException('bans are lifted from the machine of the bridge');
    }
    if (!this.gate.lift(address)) throw new NotFoundException(`${address} is not banned`);
  }
}
