/**
 * A whole mining world on one machine, for trying the bridge out: a test chain, the gateway, one CPU miner. Each is a
 * process of its own, started as a user would start it; all end together.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDevchain, type Devchain } from './devchain.js';

/** Well-known places, so that the README can name them. */
export const DEMO_PORTS = { rpc: 12537, stratum: 32526, p2p: 32323 } as const;
const DEMO_AUTHOR = '0x1000000000000000000000000000000000000001';
/** About one block in a second or two on a few cores. */
const DEMO_DIFFICULTY = 1000;
/** After the request to end, before the hard one: the promise is five seconds in all. */
const END_TIMEOUT_MS = 3500;

const WARNING = `
  ┌──────────────────────────────────────────────────────────────────────────┐
  │  TEST CHAIN. The blocks mined here are worth nothing: the chain lives on │
  │  this machine only and is deleted when you stop it.                      │
  │  To mine for real, set UPSTREAMS to your own conflux-rust node (README). │
  └──────────────────────────────────────────────────────────────────────────┘
`;

/** Runs until a signal, or until one of the parts ends by itself; then ends the process. */
export async function runDemo(root: string): Promise<void> {
  process.stdout.write(`${WARNING}\n`);
  const stop = untilStopped();
  const dataDir = await mkdtemp(join(tmpdir(), 'conflux-solo-bridge-'));
  const children: ChildProcess[] = [];
  let chain: Devchain | undefined;
  let code = 0;
  try {
    const { rpc, stratum, p2p } = DEMO_PORTS;
    const starting = startDevchain({
      dataDir,
      rpcPort: rpc,
      stratumPort: stratum,
      p2pPort: p2p,
      author: DEMO_AUTHOR,
      octopus: true,
      difficulty: DEMO_DIFFICULTY,
    });
    chain = await Promise.race([starting, stop.then(() => undefined)]);
    if (!chain) {
      chain = await starting.catch(() => undefined);
    } else {
      say(`test chain is up: RPC ${chain.rpcUrl}, its own stratum 127.0.0.1:${stratum}`);
      say('the first job comes within 10 s, then blocks follow. Ctrl-C ends everything.');
      const env = {
        ...process.env,
        LOG_FORMAT: process.env['LOG_FORMAT'] ?? 'pretty',
        UPSTREAMS: `stratum://127.0.0.1:${stratum}?rpc=${chain.rpcUrl}`,
        MINING_AUTHOR: DEMO_AUTHOR,
        POW_ALGORITHM: 'octopus',
      };
      const start = (app: string): ChildProcess =>
        fork(join(root, `dist/apps/${app}/src/main.js`), {
          env,
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        });
      children.push(start('stratum-gateway'), start('cpu-miner'));
      const ended = children.map((child) =>
        once(child, 'exit').then(() => 'a part of the demo ended by itself'),
      );
      const chainEnded = chain.exited.then((last) => `the test chain ended: ${last}`);
      const failure = await Promise.race([stop, chainEnded, ...ended]);
      if (failure !== undefined) throw new Error(failure);
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    code = 1;
  }
  await Promise.all(children.map(end));
  await chain?.stop();
  await rm(dataDir, { recursive: true, force: true });
  process.exit(code);
}

function say(text: string): void {
  process.stdout.write(`> ${text}\n`);
}

function untilStopped(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => resolve(undefined));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
  await exited;
  clearTimeout(hard);
}
