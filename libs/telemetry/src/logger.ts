/** The process's logger: lines for people on a terminal, JSON elsewhere, and Nest's own messages through the same. */
import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { LogConfig } from './log-settings.js';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export const LOG_FORMATS = ['auto', 'pretty', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** `name` tells the processes apart where several write to one terminal. */
export function createLogger(name: string, { logLevel, logFormat }: LogConfig): Logger {
  const forPeople = logFormat === 'pretty' || (logFormat === 'auto' && process.stdout.isTTY);
  const options = { level: logLevel, base: { name }, timestamp: pino.stdTimeFunctions.isoTime };
  if (!forPeople) return pino(options);
  return pino(
    options,
    pretty({
      sync: true,
      colorize: process.stdout.isTTY,
      translateTime: 'SYS:HH:MM:ss.l',
      messageFormat: '{msg}',
      hideObject: true,
    }),
  );
}

/** Nest reports its start step by step; that is our debug level. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug(String(message));
  }

  error(message: unknown): void {
    this.logger.error(String(message));
  }

  warn(message: unknown): void {
    this.logger.warn(String(message));
  }
}

/** No rejected promise ends a process that miners depend on: it is a bug, it is logged as one, and mining goes on. */
export function surviveRejections(logger: Logger): void {
  process.on('unhandledRejection', (error) =>
    logger.error({ err: error }, `unhandled rejection: ${String(error)}`),
  );
}
