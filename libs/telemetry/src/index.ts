export * from './logger.js';
export * from './log-settings.js';
