import { Controller, Inject, UsePipes, ValidationPipe } from '@nestjs/common';
import { MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import {
  HashRequest,
  POW_HASH,
  POW_PREPARE,
  PrepareRequest,
  type HashReply,
  type PowAlgorithm,
  type PowHasher,
} from '#libs/contracts';

export const ALGORITHM = Symbol('algorithm');
export const HASHER = Symbol('hasher');

/** Answers gateways. Every request is validated: the port may be reachable by others than gateways. */
@Controller()
@UsePipes(
  new ValidationPipe({
    forbidNonWhitelisted: true,
    whitelist: true,
    exceptionFactory: (errors) =>
      new RpcException(`malformed request: ${errors.map(String).join(' ').trim()}`),
  }),
)
export class PowController {
  constructor(
    @Inject(ALGORITHM) private readonly algorithm: PowAlgorithm,
    @Inject(HASHER) private readonly hasher: PowHasher,
  ) {}

  @MessagePattern(POW_HASH)
  async hash(@Payload() request: HashRequest): Promise<HashReply> {
    this.checkAlgorithm(request);
    const header = Buffer.from(request.headerHash.slice(2), 'hex');
    const hash = await this.hasher.hash(header, BigInt(request.nonce), request.height);
    return { powHash: `0x${Buffer.from(hash).toString('hex')}` };
  }

  @MessagePattern(POW_PREPARE)
  async prepare(@Payload() request: PrepareRequest): Promise<true> {
    this.checkAlgorithm(request);
    await this.hasher.prepare(request.height);
    return true;
  }

  private checkAlgorithm({ algorithm }: PrepareRequest): void {
    if (algorithm === this.algorithm) return;
    throw new RpcException(`this worker computes ${this.algorithm}, the gateway asks for ${algorithm}`);
  }
}
