/** Wires the gateway. Read it top down: work from the nodes to the miners, shares from the miners to the nodes. */
import {
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { JobRegistry, ShareJudge, type ConfluxShare, type ConfluxWork } from '#libs/mining';
import { ConfluxSource } from '#libs/node-rpc';
import { ConfluxDialect, confluxRustWire, documentedWire } from '#libs/stratum';
import { BlockDelivery } from './candidates/block-delivery.js';
import { GatewayEvents } from './events.js';
import { PowService } from './evaluator/pow-service.js';
import { admission } from './listener/admission.js';
import { StratumListener } from './listener/stratum-listener.js';
import { HealthController } from './ops/health.controller.js';
import { Readiness } from './ops/readiness.js';
import type { GatewayConfig } from './settings.js';
import { Upstreams } from './upstreams/upstreams.js';

@Module({})
export class GatewayModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly upstreams: Upstreams,
    private readonly pow: PowService,
    private readonly listener: StratumListener,
    private readonly delivery: BlockDelivery,
  ) {}

  static with(config: GatewayConfig, events: GatewayEvents): DynamicModule {
    const jobs = new JobRegistry<ConfluxWork>();
    const sources = config.upstreams.map((address) => new ConfluxSource(address, { author: config.author }));
    const admit = admission(config.secret);
    const wire = config.profile === 'documented' ? documentedWire : confluxRustWire;
    return {
      module: GatewayModule,
      controllers: [HealthController],
      providers: [
        { provide: Upstreams, useFactory: () => new Upstreams(sources, jobs, events) },
        { provide: PowService, useFactory: () => new PowService(config, events) },
        {
          provide: BlockDelivery,
          useFactory: (upstreams: Upstreams) => new BlockDelivery(upstreams, events),
          inject: [Upstreams],
        },
        {
          provide: ShareJudge,
          useFactory: (pow: PowService, delivery: BlockDelivery) =>
            new ShareJudge(jobs, pow.evaluator, (candidate) => delivery.deliver(candidate)),
          inject: [PowService, BlockDelivery],
        },
        {
          provide: StratumListener,
          useFactory: (upstreams: Upstreams, judge: ShareJudge<ConfluxWork, ConfluxShare>) =>
            new StratumListener(
              {
                listen: config.listen,
                secured: admit.subscribeFirst,
                dialect: new ConfluxDialect(wire, admit),
              },
              upstreams,
              judge,
              events,
            ),
          inject: [Upstreams, ShareJudge],
        },
        Readiness,
      ],
    };
  }

  /** Miners find a listening port last, when everything behind it works. */
  async onApplicationBootstrap(): Promise<void> {
    this.pow.start(this.upstreams);
    this.upstreams.start();
    await this.listener.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.listener.stop();
    this.delivery.stop();
    await this.upstreams.stop();
    await this.pow.stop();
  }
}
