/** Wires the gateway. Read it top down: work from the nodes to the miners, shares from the miners to the nodes. */
import {
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { openAcknowledge } from '#libs/fan-out';
import {
  DEFAULT_JOB_WINDOW,
  DuplicateWindow,
  JobRegistry,
  ShareJudge,
  type ConfluxShare,
  type ConfluxWork,
} from '#libs/mining';
import { ConfluxSource } from '#libs/node-rpc';
import { BlockDelivery } from './candidates/block-delivery.js';
import { GatewayEvents } from './events.js';
import { PowService } from './evaluator/pow-service.js';
import { Gatekeeper } from './listener/gatekeeper.js';
import { StratumPorts } from './listener/stratum-ports.js';
import { MinerBook } from './miners/miner-book.js';
import { BansController } from './ops/bans.controller.js';
import { HealthController } from './ops/health.controller.js';
import { MinersController } from './ops/miners.controller.js';
import { Readiness } from './ops/readiness.js';
import type { GatewayConfig } from './settings.js';
import { Upstreams } from './upstreams/upstreams.js';

@Module({})
export class GatewayModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly upstreams: Upstreams,
    private readonly pow: PowService,
    private readonly ports: StratumPorts,
    private readonly delivery: BlockDelivery,
  ) {}

  static with(config: GatewayConfig, events: GatewayEvents): DynamicModule {
    const { limits } = config;
    const jobs = new JobRegistry<ConfluxWork>({ ...DEFAULT_JOB_WINDOW, maxWorks: limits.keptJobs });
    // A block is followed by two jobs; the second came 12 ms later than it need.
    const link = { acknowledge: openAcknowledge() };
    const sources = config.upstreams.map(
      (address) => new ConfluxSource(address, { author: config.author, link }),
    );
    return {
      module: GatewayModule,
      controllers: [HealthController, MinersController, BansController],
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
            new ShareJudge(
              jobs,
              pow.evaluator,
              (candidate) => delivery.deliver(candidate),
              new DuplicateWindow(limits.keptShares),
            ),
          inject: [PowService, BlockDelivery],
        },
        { provide: Gatekeeper, useFactory: () => new Gatekeeper(limits, config.limitAddresses, events) },
        {
          provide: StratumPorts,
          useFactory: (
            upstreams: Upstreams,
            judge: ShareJudge<ConfluxWork, ConfluxShare>,
            gate: Gatekeeper,
          ) => new StratumPorts(config, upstreams, judge, gate, events),
          inject: [Upstreams, ShareJudge, Gatekeeper],
        },
        { provide: MinerBook, useFactory: () => new MinerBook(events, limits.keptWorkers) },
        Readiness,
      ],
    };
  }

  /** Miners find a listening port last, when everything behind it works. */
  async onApplicationBootstrap(): Promise<void> {
    this.pow.start(this.upstreams);
    this.upstreams.start();
    await this.ports.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.ports.stop();
    this.delivery.stop();
    await this.upstreams.stop();
    await this.pow.stop();
  }
}
