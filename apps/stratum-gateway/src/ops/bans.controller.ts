/** Who is banned, and how to let him in again. */
import { Controller, Delete, Get, Header, HttpCode, NotFoundException, Param } from '@nestjs/common';
import { Gatekeeper } from '../listener/gatekeeper.js';

@Controller('api/v1/bans')
export class BansController {
  constructor(private readonly gate: Gatekeeper) {}

  @Get()
  @Header('cache-control', 'no-store')
  list(): object[] {
    return this.gate.bans().map(({ address, reason, since, until }) => ({
      address,
      reason,
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
    }));
  }

  /** An IPv6 address stands for its /64. */
  @Delete(':address')
  @HttpCode(204)
  lift(@Param('address') address: string): void {
    if (!this.gate.lift(address)) throw new NotFoundException(`${address} is not banned`);
  }
}
