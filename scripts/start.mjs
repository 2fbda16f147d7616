/**
 * `npm start`: builds what is needed and mines. With UPSTREAMS set, that is the bridge alone. Without, it is a whole
 * world for trying out: a conflux-rust test chain, the bridge in front of it, and a CPU miner.
 */
import { existsSync } from 'node:fs';
import { build, checkNode, ROOT, say } from './steps.mjs';

checkNode();
process.chdir(ROOT);
if (existsSync('.env')) process.loadEnvFile('.env');
if (!process.env.UPSTREAMS?.trim() && process.env.NODE_ENV === 'production') {
  process.stderr.write(
    'UPSTREAMS is not set: in production the bridge needs a node to mine on; accepted: ' +
      'stratum://[:password@]host:port[?rpc=http://host:port] (without NODE_ENV=production it starts a test chain)\n',
  );
  process.exit(2);
}
let engine;
try {
  engine = await build();
} catch (error) {
  process.stderr.write(`build failed: ${error.message}\n`);
  process.exit(1);
}
if (process.env.UPSTREAMS?.trim()) {
  await import('../dist/apps/stratum-gateway/src/main.js');
} else {
  say('> starting the test chain');
  const { runDemo } = await import('../dist/libs/devchain/src/demo.js');
  await runDemo(ROOT, engine);
}
