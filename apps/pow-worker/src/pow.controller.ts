import { Controller, Inject, Injectable, UsePipes, ValidationPipe } from '@nestjs/common';
import { MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import {
  HashRequest,
  POW_HASH,
  POW_PREPARE,
  PrepareRequest,
  type HashReply,
  type PowAlgorithm,
  type PowFault,
} from '#libs/contracts';
import { Intake } from './intake.js';
import { WorkerMetrics } from './metrics.js';

export const ALGORITHM = Symbol('algorithm');

/** Refuses what is not a request: the port may be reachable by others than gateways. */
@Injectable()
export class RequestPipe extends ValidationPipe {
  constructor(@Inject(WorkerMetrics) metrics: WorkerMetrics) {
    super({
      forbidNonWhitelisted: true,
      whitelist: true,
      exceptionFactory: (errors) => {
        metrics.observe('malformed');
        return fault('failed', `malformed request: ${errors.map(String).join(' ').trim()}`);
      },
    });
  }
}

/** Answers gateways, with a result or with a PowFault, within the request's time. */
@Controller()
@UsePipes(RequestPipe)
export class PowController {
  constructor(
    @Inject(ALGORITHM) private readonly algorithm: PowAlgorithm,
    @Inject(Intake) private readonly intake: Intake,
    @Inject(WorkerMetrics) private readonly metrics: WorkerMetrics,
  ) {}

  @MessagePattern(POW_HASH)
  async hash(@Payload() request: HashRequest): Promise<HashReply> {
    const startedAt = performance.now();
    this.checkAlgorithm(request);
    const taken = await this.intake.hash(request);
    this.metrics.observe(taken.outcome, performance.now() - startedAt);
    if (taken.outcome !== 'answered') throw fault(taken.outcome, taken.message);
    return { powHash: `0x${Buffer.from(taken.hash).toString('hex')}` };
  }

  /** Over NATS outside of the queue group: all workers prepare the stage, and the first to be ready answers. */
  @MessagePattern(POW_PREPARE, { queue: '' })
  async prepare(@Payload() request: PrepareRequest): Promise<true> {
    this.checkAlgorithm(request);
    const prepared = await this.intake.prepare(request.height);
    if (prepared.outcome !== 'answered') throw fault(prepared.outcome, prepared.message);
    return true;
  }

  private checkAlgorithm({ algorithm }: PrepareRequest): void {
    if (algorithm === this.algorithm) return;
    this.metrics.observe('malformed');
    throw fault('failed', `this worker computes ${this.algorithm}, the gateway asks for ${algorithm}`);
  }
}

function fault(code: PowFault['code'], message: string): RpcException {
  return new RpcException({ code, message } satisfies PowFault);
}
