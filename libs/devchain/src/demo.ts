/**
 * A whole mining world on one machine, for trying the bridge out: a test chain, the gateway, one CPU miner. Each is a
 * process of its own, started as a user would start it; all end together.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDevchain, type Devchain } from './devchain.js';
import { assertFree, freePort } from './ports.js';

/** Well-known places, so that the README can name them. */
const RPC_PORT = 12537;
const STRATUM_PORT = 32526;
/** The gateway's default. */
const HTTP_LISTEN = '127.0.0.1:8525';
const POLL_MS = 50;
const AUTHOR = '0x1000000000000000000000000000000000000001';
/** About a block a second or two, at 3 kH/s with the addon and 120 H/s without. */
const DIFFICULTY = { addon: 2000, typescript: 200 } as const;
/** After the request to end, before the hard one: the promise is five seconds in all. */
const END_TIMEOUT_MS = 3500;

const WARNING = `
  ┌──────────────────────────────────────────────────────────────────────────┐
  │  TEST CHAIN. The blocks mined here are worth nothing: the chain lives on │
  │  this machine only and is deleted when you stop it.                      │
  │  To mine for real, set UPSTREAMS to your own conflux-rust node (README). │
  └──────────────────────────────────────────────────────────────────────────┘
`;

/**
 * Runs until a signal, or until one of the parts ends by itself; then ends the process. `root` holds dist/; `engine` is
 * what the miner will hash with.
 */
export async function runDemo(root: string, engine: keyof typeof DIFFICULTY): Promise<never> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  const stopped = new Promise<undefined>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve(undefined));
  });
  process.stdout.write(`${WARNING}\n`);
  const dataDir = await mkdtemp(join(tmpdir(), 'conflux-solo-bridge-'));
  const children: ChildProcess[] = [];
  let chain: Devchain | undefined;
  let failure: string | undefined;
  try {
    chain = await startChain(dataDir, DIFFICULTY[engine], stopping.signal);
    const start = starter(root, chain);
    children.push(start('stratum-gateway'));
    const up = untilLive(stopping.signal);
    failure = await Promise.race([up, stopped, ...ends(chain, children)]);
    if (failure === undefined && !stopping.signal.aborted) {
      children.push(start('cpu-miner'));
      failure = await Promise.race([stopped, ...ends(chain, children)]);
    }
  } catch (error) {
    if (!stopping.signal.aborted) failure = error instanceof Error ? error.message : String(error);
  }
  await Promise.all(children.map(end));
  await chain?.stop();
  await rm(dataDir, { recursive: true, force: true });
  if (failure !== undefined) process.stderr.write(`${failure}\n`);
  process.exit(failure === undefined ? 0 : 1);
}

async function startChain(dataDir: string, difficulty: number, signal: AbortSignal): Promise<Devchain> {
  const rpcPort = portFrom('DEVCHAIN_RPC_PORT', RPC_PORT);
  const stratumPort = portFrom('DEVCHAIN_STRATUM_PORT', STRATUM_PORT);
  await assertFree(rpcPort, 'stop what uses it, or set DEVCHAIN_RPC_PORT');
  await assertFree(stratumPort, 'stop what uses it, or set DEVCHAIN_STRATUM_PORT');
  const p2pPort = await freePort();
  const chain = await startDevchain(
    { dataDir, rpcPort, stratumPort, p2pPort, author: AUTHOR, octopus: true, difficulty },
    signal,
  );
  say(`test chain is up: RPC ${chain.rpcUrl}, its own stratum 127.0.0.1:${stratumPort}`);
  say('the first job comes within 10 s, then blocks follow. Ctrl-C ends everything.');
  return chain;
}

function starter(root: string, { rpcUrl, stratumPort }: Devchain): (app: string) => ChildProcess {
  const given = process.env;
  const env = {
    ...given,
    LOG_FORMAT: given['LOG_FORMAT'] ?? 'pretty',
    UPSTREAMS: `stratum://127.0.0.1:${stratumPort}?rpc=${rpcUrl}`,
    MINING_AUTHOR: AUTHOR,
    POW_ALGORITHM: 'octopus',
    MINER_CONNECT: given['MINER_CONNECT'] ?? given['STRATUM_LISTEN'] ?? '',
  };
  return (app) =>
    fork(join(root, `dist/apps/${app}/src/main.js`), { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** Resolves once the gateway serves HTTP, which it does last. */
async function untilLive(signal: AbortSignal): Promise<undefined> {
  const address = process.env['HTTP_LISTEN']?.trim();
  const url = `http://${address === undefined || address === '' ? HTTP_LISTEN : address}/health/live`;
  while (!signal.aborted) {
    const reply = await fetch(url, { signal }).catch(() => undefined);
    if (reply?.ok) return;
    await sleep(POLL_MS);
  }
}

/** A sentence for each part, when it ends. */
function ends(chain: Devchain, children: readonly ChildProcess[]): Promise<string>[] {
  const ended = children.map((child) =>
    once(child, 'exit').then(() => 'a part of the test chain set-up ended'),
  );
  return [...ended, chain.exited.then((last) => `the test node ended: ${last}`)];
}

function portFrom(name: string, fallback: number): number {
  const text = process.env[name]?.trim();
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${name} = ${text}; accepted: a port number`);
}

function say(text: string): void {
  process.stdout.write(`> ${text}\n`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
  await exited;
  clearTimeout(hard);
}
