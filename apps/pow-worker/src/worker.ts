/** Starts a pow-worker: a Nest microservice around the hasher. */
import 'reflect-metadata';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { openPow } from '#libs/octopus';
import { formatHostPort } from '#libs/settings';
import { NestLogger, type Logger } from '#libs/telemetry';
import { ALGORITHM, HASHER, PowController } from './pow.controller.js';
import type { WorkerConfig } from './settings.js';

/** Unread bytes per gateway. Its 256 requests in flight are 64 KiB; Nest drops a connection that has more than this. */
const MAX_BUFFERED_BYTES = 1_048_576;

@Module({})
export class WorkerModule {
  static with(config: WorkerConfig, hasher: unknown): DynamicModule {
    return {
      module: WorkerModule,
      controllers: [PowController],
      providers: [
        { provide: ALGORITHM, useValue: config.algorithm },
        { provide: HASHER, useValue: hasher },
      ],
    };
  }
}

/** Resolves to the function that closes it. Rejects when the address is taken. */
export async function startWorker(config: WorkerConfig, logger: Logger): Promise<() => Promise<void>> {
  const { engine, fallbackReason } = openPow(config.algorithm);
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(WorkerModule.with(config, engine), {
    transport: Transport.TCP,
    options: { ...config.listen, maxBufferSize: MAX_BUFFERED_BYTES },
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  await app.listen();
  if (fallbackReason !== undefined) logger.warn(`the Octopus addon is not in use: ${fallbackReason}`);
  logger.info(`pow-worker (${config.algorithm}, ${engine.kind}) listens on ${formatHostPort(config.listen)}`);
  return async () => {
    await app.close();
    await engine.close();
  };
}
