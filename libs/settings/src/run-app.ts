/** The frame around every app: settings or one line, start or one line, and an orderly end on the first signal. */
import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { SettingError } from './setting.js';

/** An app that has not closed by then is ended hard. */
const SHUTDOWN_TIMEOUT_MS = 4000;

export const EXIT_FAILED = 1;
/** A setting was refused. */
export const EXIT_USAGE = 2;

/** `read` gives the configuration or throws SettingError; `start` gives the function that closes the app again. */
export async function runApp<Config>(
  read: (env: NodeJS.ProcessEnv) => Config,
  start: (config: Config) => Promise<() => Promise<void>>,
): Promise<void> {
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    // Started as a child with a channel, the app ends with its parent.
    process.on('disconnect', () => resolve());
  });
  let close: () => Promise<void>;
  try {
    if (existsSync('.env')) loadEnvFile('.env');
    close = await start(read(process.env));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof SettingError ? EXIT_USAGE : EXIT_FAILED);
  }
  await signalled;
  setTimeout(() => process.exit(EXIT_FAILED), SHUTDOWN_TIMEOUT_MS).unref();
  await close();
  process.exit(0);
}
