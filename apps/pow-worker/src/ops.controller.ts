import { Controller, Get, Header, HttpStatus, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { PowAlgorithm } from '#libs/contracts';
import type { PowEngine } from '#libs/octopus';
import { Intake } from './intake.js';
import { WorkerMetrics } from './metrics.js';
import { ALGORITHM } from './pow.controller.js';

export const ENGINE = Symbol('engine');

/** Whether gateways reach the worker; over TCP always, over NATS while its server is there. */
export class Reach {
  connected = true;
}

export interface WorkerHealth {
  /** preparing: the first light cache is not ready. disconnected: gateways cannot reach it. */
  readonly state: 'ready' | 'preparing' | 'disconnected';
  readonly algorithm: PowAlgorithm;
  /** The code path that hashes. */
  readonly isa: string;
  readonly threads: number;
  readonly queueDepth: number;
  readonly inFlight: number;
  readonly maxInFlight: number;
  readonly hashesPerSecond: number;
  readonly stages: { readonly ready: readonly number[]; readonly building: readonly number[] };
  readonly cacheBytes: number;
  readonly uptimeSeconds: number;
}

/** For container health checks, operators with curl, and Prometheus. */
@Controller()
export class OpsController {
  constructor(
    @Inject(ALGORITHM) private readonly algorithm: PowAlgorithm,
    @Inject(ENGINE) private readonly engine: PowEngine,
    @Inject(Intake) private readonly intake: Intake,
    @Inject(WorkerMetrics) private readonly metrics: WorkerMetrics,
    @Inject(Reach) private readonly reach: Reach,
  ) {}

  /** 200 when a request for a hash would be answered, 503 with the same report otherwise. */
  @Get('health')
  @Header('cache-control', 'no-store')
  health(@Res({ passthrough: true }) response: Response): WorkerHealth {
    const health = this.report();
    response.status(health.state === 'ready' ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    return health;
  }

  @Get('metrics')
  @Header('cache-control', 'no-store')
  async scrape(@Res({ passthrough: true }) response: Response): Promise<string> {
    response.type(this.metrics.contentType);
    return this.metrics.text();
  }

  private report(): WorkerHealth {
    const { isa, threads, queued, stages, building, cacheBytes } = this.engine.stats();
    return {
      state: this.state(stages.length, building.length),
      algorithm: this.algorithm,
      isa,
      threads,
      queueDepth: queued,
      inFlight: this.intake.inFlight,
      maxInFlight: this.intake.maxInFlight,
      hashesPerSecond: Math.round(this.metrics.hashesPerSecond),
      stages: { ready: stages, building },
      cacheBytes,
      uptimeSeconds: Math.round(process.uptime()),
    };
  }

  private state(ready: number, building: number): WorkerHealth['state'] {
    if (!this.reach.connected) return 'disconnected';
    return ready === 0 && building > 0 ? 'preparing' : 'ready';
  }
}
