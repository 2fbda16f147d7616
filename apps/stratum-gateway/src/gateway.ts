/** Starts a gateway from its configuration: for `main.ts`, and for tests that want it in their own process. */
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Express } from 'express';
import { NestLogger, type Logger } from '#libs/telemetry';
import { logEvents } from './event-log.js';
import { GatewayEvents } from './events.js';
import { GatewayModule } from './gateway.module.js';
import { StratumPorts } from './listener/stratum-ports.js';
import type { GatewayConfig } from './settings.js';

export interface Gateway {
  readonly app: INestApplication;
  readonly events: GatewayEvents;
  readonly stratumPort: number;
  /** Undefined where EthereumStratum is not served. */
  readonly ethereumStratumPort: number | undefined;
  readonly httpPort: number;
  close(): Promise<void>;
}

/** Rejects when an address is taken; nothing is left running then. */
export async function startGateway(config: GatewayConfig, logger: Logger): Promise<Gateway> {
  const events = new GatewayEvents();
  logEvents(events, logger);
  const app = await NestFactory.create(GatewayModule.with(config, events), {
    logger: new NestLogger(logger),
    abortOnError: false,
    // A client that never finishes its request must not hold up the end.
    forceCloseConnections: true,
  });
  (app.getHttpAdapter().getInstance() as Express).disable('x-powered-by');
  try {
    await app.listen(config.http.port, config.http.host);
  } catch (error) {
    await app.close();
    events.flush();
    throw error;
  }
  const [stratumPort = 0, ethereumStratumPort] = app.get(StratumPorts).ports;
  return {
    app,
    events,
    stratumPort,
    ethereumStratumPort,
    httpPort: ((app.getHttpServer() as Server).address() as AddressInfo).port,
    close: async () => {
      await app.close();
      events.flush();
    },
  };
}
