/** The settings that every app has in common: how it logs. */
import { IsIn } from 'class-validator';
import { oneOf, Setting } from '#libs/settings';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat } from './logger.js';

export class LogSettings {
  @Setting({ accepts: oneOf(LOG_LEVELS), about: 'How much is logged. No share is logged above `debug`.' })
  @IsIn(LOG_LEVELS)
  LOG_LEVEL = 'info';

  @Setting({
    accepts: oneOf(LOG_FORMATS),
    about: 'Lines for people or JSON; `auto` takes the first on a terminal.',
  })
  @IsIn(LOG_FORMATS)
  LOG_FORMAT = 'auto';
}

export interface LogConfig {
  readonly logLevel: string;
  readonly logFormat: LogFormat;
}

export function logConfig(settings: LogSettings): LogConfig {
  return { logLevel: settings.LOG_LEVEL, logFormat: settings.LOG_FORMAT as LogFormat };
}
