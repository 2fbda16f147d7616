/** What end-to-end tests start: a real node, the gateway, miners; each on ports and in folders of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { firstValueFrom, timeout } from 'rxjs';
import { filter, take, toArray } from 'rxjs/operators';
import { onTestFinished } from 'vitest';
import sha3 from 'js-sha3';
import { startDevchain, type ChainOptions, type Devchain } from '#libs/devchain';
import { openPow } from '#libs/octopus';
import { createLogger } from '#libs/telemetry';
import { freePorts } from '#libs/testkit';
import { CpuMiner } from '../../apps/cpu-miner/src/miner.js';
import { readMinerConfig } from '../../apps/cpu-miner/src/settings.js';
import type { WorkerHealth } from '../../apps/pow-worker/src/ops.controller.js';
import type { GatewayEvent } from '../../apps/stratum-gateway/src/events.js';
import { startGateway, type Gateway } from '../../apps/stratum-gateway/src/gateway.js';
import { readGatewayConfig } from '../../apps/stratum-gateway/src/settings.js';

export const AUTHOR = '0x1000000000000000000000000000000000000001';
export const PASSWORD = 'pw';
export const SECRET = sha3.keccak256(PASSWORD);

/** A loaded machine may take long for the first job (10 s by design) and the first light cache. */
const EVENT_TIMEOUT_MS = 90_000;
export const logger = createLogger('test', {
  logLevel: process.env['TEST_LOG_LEVEL'] ?? 'silent',
  logFormat: 'pretty',
});

export interface Chain extends Devchain {
  readonly options: ChainOptions;
}

export async function chainOptions(over: Partial<ChainOptions> = {}): Promise<ChainOptions> {
  const [rpcPort = 0, stratumPort = 0, p2pPort = 0] = await freePorts(3);
  const dataDir = await mkdtemp(join(tmpdir(), 'bridge-e2e-'));
  return {
    dataDir,
    rpcPort,
    stratumPort,
    p2pPort,
    author: AUTHOR,
    octopus: false,
    difficulty: 2000,
    ...over,
  };
}

/** Ends with the test that started it. */
export async function chainFor(over: Partial<ChainOptions> = {}): Promise<Chain> {
  const options = await chainOptions(over);
  const chain = await startDevchain(options);
  onTestFinished(async () => {
    await chain.stop();
    await rm(options.dataDir, { recursive: true, force: true });
  });
  return { ...chain, options };
}

/** A gateway in this process on free ports; settings as in the environment. Ends with the test. */
export async function gatewayFor(env: NodeJS.ProcessEnv): Promise<Gateway> {
  const gateway = await startGateway(gatewayConfig(env), logger);
  onTestFinished(() => gateway.close());
  return gateway;
}

export function gatewayConfig(env: NodeJS.ProcessEnv) {
  return readGatewayConfig({ STRATUM_LISTEN: '127.0.0.1:0', HTTP_LISTEN: '127.0.0.1:0', ...env });
}

export function upstream(chain: Devchain, password = ''): string {
  return `stratum://${password && `:${password}@`}127.0.0.1:${chain.stratumPort}?rpc=${chain.rpcUrl}`;
}

/** A CPU miner in this process. Ends with the test. */
export function minerFor(port: number, env: NodeJS.ProcessEnv = {}): CpuMiner {
  const config = readMinerConfig({ MINER_CONNECT: `127.0.0.1:${port}`, MINER_THREADS: '1', ...env });
  const { engine } = openPow(config.algorithm);
  const miner = new CpuMiner(config, engine, logger);
  miner.start();
  onTestFinished(async () => {
    await Promise.all([miner.stop(), engine.close()]);
  });
  return miner;
}

export interface NatsServer {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** A NATS server on a free port unless one is given, with a folder of its own. Whoever starts it stops it. */
export async function natsServer(at?: number): Promise<NatsServer> {
  const [port = 0] = at === undefined ? await freePorts(1) : [at];
  const cwd = await mkdtemp(join(tmpdir(), 'bridge-nats-'));
  // Debian keeps it where a user's PATH does not look.
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], {
    cwd,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await printed(server, server.stderr, 'Server is ready');
  const stop = async (): Promise<void> => {
    const exit = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined;
    server.kill('SIGKILL');
    await exit;
    await rm(cwd, { recursive: true, force: true });
  };
  return { port, url: `nats://127.0.0.1:${port}`, stop };
}

export interface WorkerProcess {
  readonly process: ChildProcess;
  readonly tcp: string;
  /** The status and the report of /health. */
  health(): Promise<{ status: number; report: WorkerHealth }>;
  /** A number of /metrics, by its name with labels. */
  metric(name: string): Promise<number>;
}

/**
 * A pow-worker as a process of its own, on free ports unless the environment says others. The compiled one: build first.
 * Ends with the test.
 */
export async function workerProcess(over: NodeJS.ProcessEnv = {}): Promise<WorkerProcess> {
  const main = fileURLToPath(new URL('../../dist/apps/pow-worker/src/main.js', import.meta.url));
  const [port = 0, httpPort = 0] = await freePorts(2);
  const tcp = over['POW_TCP'] ?? `127.0.0.1:${port}`;
  const http = `127.0.0.1:${httpPort}`;
  const env = {
    ...process.env,
    POW_TCP: tcp,
    POW_HTTP: http,
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'json',
    ...over,
  };
  const worker = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void worker.kill('SIGKILL'));
  await printed(worker, worker.stdout, 'listens on');
  return {
    process: worker,
    tcp,
    health: async () => {
      const response = await fetch(`http://${http}/health`);
      return { status: response.status, report: (await response.json()) as WorkerHealth };
    },
    metric: async (name) => {
      const text = await (await fetch(`http://${http}/metrics`)).text();
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
      return line === undefined ? Number.NaN : Number(line.slice(name.length));
    },
  };
}

/** Rejects when the process ends without having printed the text. */
function printed(child: ChildProcess, output: Readable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    output.on('data', (chunk: Buffer) => {
      if (seen.length > 65_536) return;
      seen += chunk.toString();
      if (seen.includes(text)) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`ended before it printed "${text}": ${seen}`)));
  });
}

type EventOf<T extends GatewayEvent['type']> = Extract<GatewayEvent, { type: T }>;

/** The next events of a kind, from now on. */
export function events<T extends GatewayEvent['type']>(
  gateway: Gateway,
  type: T,
  count = 1,
  passes: (event: EventOf<T>) => boolean = () => true,
): Promise<EventOf<T>[]> {
  return firstValueFrom(
    gateway.events.stream$.pipe(
      filter((event): event is EventOf<T> => event.type === type && passes(event as EventOf<T>)),
      take(count),
      toArray(),
      timeout(EVENT_TIMEOUT_MS),
    ),
  );
}

/** A plain JSON-RPC call, independent of the code under test. */
export async function rpc<T>(chain: Devchain, method: string, params: unknown[] = []): Promise<T> {
  const response = await fetch(chain.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: T; error?: unknown };
  if (error !== undefined) throw new Error(JSON.stringify(error));
  return result;
}

export async function ready(gateway: Gateway): Promise<{ status: number; report: unknown }> {
  const response = await fetch(`http://127.0.0.1:${gateway.httpPort}/health/ready`);
  return { status: response.status, report: await response.json() };
}
