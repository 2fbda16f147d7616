/** Starts a pow-worker: a Nest microservice around the engine, and its health and metrics over HTTP. */
import 'reflect-metadata';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport, type MicroserviceOptions } from '@nestjs/microservices';
import type { Express } from 'express';
import { NATS_LINK, POW_QUEUE_GROUP } from '#libs/contracts';
import { openPow, type PowEngine } from '#libs/octopus';
import { formatHostPort } from '#libs/settings';
import { NestLogger, type Logger } from '#libs/telemetry';
import { HashRate } from './hash-rate.js';
import { Intake } from './intake.js';
import { WorkerMetrics } from './metrics.js';
import { ENGINE, OpsController, Reach } from './ops.controller.js';
import { ALGORITHM, PowController, RequestPipe } from './pow.controller.js';
import type { WorkerConfig } from './settings.js';

/** Unread bytes per gateway. Its 64 requests in flight are 16 KiB; Nest drops a connection that has more than this. */
const MAX_BUFFERED_BYTES = 1_048_576;

/** A worker that ends leaves its queue group first, and then has this long for what it has taken on. */
const NATS_GRACE_MS = 200;

export interface PowWorker {
  readonly httpPort: number;
  close(): Promise<void>;
}

@Module({})
export class WorkerModule {
  static with(config: WorkerConfig, engine: PowEngine, rate: HashRate): DynamicModule {
    const intake = new Intake(engine, config.maxInFlight);
    return {
      module: WorkerModule,
      controllers: [PowController, OpsController],
      providers: [
        { provide: ALGORITHM, useValue: config.algorithm },
        { provide: ENGINE, useValue: engine },
        { provide: Intake, useValue: intake },
        { provide: WorkerMetrics, useValue: new WorkerMetrics(engine, intake, rate) },
        Reach,
        RequestPipe,
      ],
    };
  }
}

/** Rejects when an address is taken or the NATS server does not answer; nothing is left running then. */
export async function startWorker(config: WorkerConfig, logger: Logger): Promise<PowWorker> {
  const { engine, fallbackReason } = openPow(config.algorithm, config.engine);
  const rate = new HashRate(() => engine.stats().hashes);
  const app = await NestFactory.create(WorkerModule.with(config, engine, rate), {
    logger: new NestLogger(logger),
    abortOnError: false,
    forceCloseConnections: true,
  });
  (app.getHttpAdapter().getInstance() as Express).disable('x-powered-by');
  const close = async (): Promise<void> => {
    rate.stop();
    await app.close();
    await engine.close();
  };
  const name = nameOf(config.reachedBy);
  const service = app.connectMicroservice<MicroserviceOptions>(transportOf(config.reachedBy));
  const reach = app.get(Reach);
  service.status.subscribe((status: string) => {
    const connected = status === 'connected';
    if (connected && !reach.connected) logger.info(`${name}: connected again`);
    reach.connected = connected;
  });
  try {
    await app.startAllMicroservices().catch((error: unknown) => {
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    });
    await app.listen(config.http.port, config.http.host);
  } catch (error) {
    await close();
    throw error;
  }
  if (fallbackReason !== undefined) logger.warn(`hashing is slower than it might be: ${fallbackReason}`);
  logger.info(`pow-worker (${config.algorithm}, ${engine.stats().isa}) listens on ${name}`);
  const httpPort = ((app.getHttpServer() as Server).address() as AddressInfo).port;
  return { httpPort, close };
}

function nameOf(reachedBy: WorkerConfig['reachedBy']): string {
  return reachedBy.transport === 'tcp' ? formatHostPort(reachedBy.listen) : reachedBy.nats.name;
}

function transportOf(reachedBy: WorkerConfig['reachedBy']): MicroserviceOptions {
  if (reachedBy.transport === 'tcp')
    return {
      transport: Transport.TCP,
      options: { ...reachedBy.listen, maxBufferSize: MAX_BUFFERED_BYTES },
    };
  return {
    transport: Transport.NATS,
    options: {
      ...NATS_LINK,
      ...reachedBy.nats.connection,
      queue: POW_QUEUE_GROUP,
      gracefulShutdown: true,
      gracePeriod: NATS_GRACE_MS,
    },
  };
}
