import { openPow } from '#libs/octopus';
import { runApp } from '#libs/settings';
import { createLogger, surviveRejections } from '#libs/telemetry';
import { CpuMiner } from './miner.js';
import { readMinerConfig } from './settings.js';

await runApp(readMinerConfig, (config) => {
  const logger = createLogger('miner', config);
  surviveRejections(logger);
  const { engine, fallbackReason } = openPow(config.algorithm);
  if (fallbackReason !== undefined) logger.warn(`hashing is slower than it might be: ${fallbackReason}`);
  const miner = new CpuMiner(config, engine, logger);
  miner.start();
  return Promise.resolve(async () => {
    await Promise.all([miner.stop(), engine.close()]);
  });
});
