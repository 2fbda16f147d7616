import { runApp } from '#libs/settings';
import { createLogger, surviveRejections } from '#libs/telemetry';
import { startGateway } from './gateway.js';
import { readGatewayConfig } from './settings.js';

await runApp(readGatewayConfig, async (config) => {
  const logger = createLogger('gateway', config);
  surviveRejections(logger);
  const gateway = await startGateway(config, logger);
  return () => gateway.close();
});
