import { runApp } from '#libs/settings';
import { createLogger, surviveRejections } from '#libs/telemetry';
import { readWorkerConfig } from './settings.js';
import { startWorker } from './worker.js';

await runApp(readWorkerConfig, async (config) => {
  const logger = createLogger('pow-worker', config);
  surviveRejections(logger);
  const worker = await startWorker(config, logger);
  return () => worker.close();
});
