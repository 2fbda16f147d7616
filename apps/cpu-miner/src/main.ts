import { FullMiner, openPow } from '#libs/octopus';
import { runApp } from '#libs/settings';
import { createLogger, surviveRejections } from '#libs/telemetry';
import { CpuMiner } from './miner.js';
import { readMinerConfig, type MinerConfig } from './settings.js';

const readConfig = (env: NodeJS.ProcessEnv): MinerConfig => readMinerConfig(env, process.argv.slice(2));

await runApp(readConfig, (config) => {
  const logger = createLogger('miner', config);
  surviveRejections(logger);
  const { engine, fallbackReason } = openPow(config.algorithm, config.engine);
  if (fallbackReason !== undefined) logger.warn(`hashing is slower than it might be: ${fallbackReason}`);
  const full = config.dataset === 'full' ? new FullMiner(config.engine) : undefined;
  if (full) logger.info(`mining with the data set, on ${config.threads} threads (${full.isa})`);
  const miner = new CpuMiner(config, engine, logger, full);
  miner.start();
  return Promise.resolve(async () => {
    await Promise.all([miner.stop(), engine.close()]);
  });
});
