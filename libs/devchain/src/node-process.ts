/**
 * The child process that is the test node. It ends with its parent, whatever way that ends: the channel between them
 * closes. Arguments: configuration file, data folder.
 */
import { createRequire } from 'node:module';

interface ConfluxAddon {
  readonly ConfluxNode: new () => {
    startNode(options: { configFile: string; confluxDataDir: string }): Promise<void>;
  };
}

const [configFile = '', confluxDataDir = ''] = process.argv.slice(2);
/** The node's threads do not keep Node's event loop alive. */
const keepAlive = setInterval(() => undefined, 60_000);

process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
/** Ctrl-C reaches the whole terminal group; the parent decides when the chain ends. */
process.on('SIGINT', () => undefined);

try {
  const addon = createRequire(import.meta.url)('@xcfx/node-linux-x64-gnu') as ConfluxAddon;
  await new addon.ConfluxNode().startNode({ configFile, confluxDataDir });
} catch (error) {
  clearInterval(keepAlive);
  process.send?.({ error: error instanceof Error ? error.message : String(error) }, () => process.exit(1));
}
