/**
 * What the benches start beside themselves: the real node, a gateway, a compiled load generator. All on loopback and on
 * free ports, in one temporary folder; all ended when the bench ends, fails or is interrupted.
 */
import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startDevchain } from '#libs/devchain';
import { freePorts } from '#libs/testkit';
import { COLLECTING } from './memory.js';
import { pidWithArgument } from './proc-stat.js';

/** The compiled file is dist/test/bench/bench-world.js. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** No nonce that anybody tries is a block. */
const DIFFICULTY = 1_000_000_000_000;
/** The node sends a job every 10 s; the ones of a whole run stay valid. */
const POW_WINDOW = 1000;
const AUTHOR = '0x1000000000000000000000000000000000000001';
/** The node's first job takes up to 10 s, and a light cache in TypeScript about as long. */
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 100;
const END_TIMEOUT_MS = 5000;

/** All connections come from one machine, and send as fast as they can: nobody is to be slowed down or judged for it. */
const NO_LIMITS = {
  STRATUM_LIMITS: 'off',
  LIMIT_REQUESTS_PER_S: '1000000',
  LIMIT_REQUEST_BURST: '1000000',
  LIMIT_SUBSCRIBE_S: '3600',
};

export interface Server {
  readonly name: string;
  readonly pid: number;
  readonly stratumPort: number;
  /** Whether it was started with COLLECTING, so that `settledBytes` can ask it to collect its garbage. */
  readonly collects?: boolean;
  /** Ends it before the bench ends. */
  stop(): Promise<void>;
}

export interface NodeServer extends Server {
  readonly rpcUrl: string;
}

/** What the gateway mines on: a real node, or something that speaks like one. */
export interface Upstream {
  readonly stratumPort: number;
  readonly rpcUrl?: string;
}

export interface GatewayPlan {
  readonly threads?: number;
  readonly algorithm?: 'octopus' | 'keccak-test';
  /** Settings beside those that the bench has to make. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What Node.js itself is told. */
  readonly nodeOptions?: readonly string[];
}

type End = () => Promise<void> | void;

export class BenchWorld {
  private readonly ends: End[] = [];

  private constructor(readonly folder: string) {}

  /** Runs the bench and ends the process: with one line and code 1 when it failed. */
  static async main(bench: (world: BenchWorld) => Promise<void>): Promise<never> {
    try {
      await BenchWorld.run(bench);
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    }
    process.exit(0);
  }

  /** Runs the bench; whatever way that ends, and on a signal, everything it started is ended first. */
  private static async run(bench: (world: BenchWorld) => Promise<void>): Promise<void> {
    const interrupted = new Promise<never>((_, reject) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.once(signal, () => reject(new Error(`ended by ${signal}`)));
      }
    });
    const world = new BenchWorld(await mkdtemp(join(tmpdir(), 'bridge-bench-')));
    try {
      const running = bench(world);
      // After an interruption the bench fails too, at whatever it was waiting for.
      running.catch(() => undefined);
      await Promise.race([running, interrupted]);
    } finally {
      for (const end of world.ends.toReversed()) await end();
      await rm(world.folder, { recursive: true, force: true });
    }
  }

  onEnd(end: End): void {
    this.ends.push(end);
  }

  /** Compiles test/bench/<name>.cpp with `CXX`, or c++; resolves to the program. */
  async compile(name: string): Promise<string> {
    const program = join(this.folder, name);
    const source = join(ROOT, 'test/bench', `${name}.cpp`);
    await promisify(execFile)(process.env['CXX'] ?? 'c++', ['-std=c++20', '-O2', '-o', program, source]);
    return program;
  }

  /** A conflux-rust node; unless told otherwise with Octopus on, and blocks that nobody finds. */
  async startNode({ octopus = true, difficulty = DIFFICULTY } = {}): Promise<NodeServer> {
    const [rpcPort = 0, stratumPort = 0, p2pPort = 0] = await freePorts(3);
    const dataDir = await mkdtemp(join(this.folder, 'node-'));
    const chain = await startDevchain({
      dataDir,
      rpcPort,
      stratumPort,
      p2pPort,
      author: AUTHOR,
      octopus,
      difficulty,
      powWindow: POW_WINDOW,
    });
    this.onEnd(() => chain.stop());
    const pid = await pidWithArgument(dataDir);
    return { name: 'node', pid, stratumPort, rpcUrl: chain.rpcUrl, stop: () => chain.stop() };
  }

  /** The compiled gateway in front of the node, once a miner that connects gets a job and verdicts. */
  async startGateway(upstream: Upstream, plan: GatewayPlan = {}): Promise<Server> {
    const [stratumPort = 0, httpPort = 0] = await freePorts(2);
    const rpc = upstream.rpcUrl === undefined ? '' : `?rpc=${upstream.rpcUrl}`;
    const env = {
      ...process.env,
      UPSTREAMS: `stratum://127.0.0.1:${upstream.stratumPort}${rpc}`,
      MINING_AUTHOR: AUTHOR,
      STRATUM_LISTEN: `127.0.0.1:${stratumPort}`,
      STRATUM_SECRET: '',
      STRATUM_PROFILE: 'conflux-rust',
      HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      POW_ALGORITHM: plan.algorithm ?? 'octopus',
      POW_TRANSPORT: 'embedded',
      POW_THREADS: String(plan.threads ?? 'auto'),
      LOG_LEVEL: 'warn',
      ...NO_LIMITS,
      SHARE_INTERVAL_S: '0',
      ...plan.settings,
    };
    const gateway = fork(join(ROOT, 'dist/apps/stratum-gateway/src/main.js'), {
      env,
      cwd: this.folder,
      execArgv: [...COLLECTING, ...(plan.nodeOptions ?? [])],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const stop = (): Promise<void> => endChild(gateway);
    this.onEnd(stop);
    await untilReady(gateway, `http://127.0.0.1:${httpPort}/health/ready`);
    return { name: 'gateway', pid: gateway.pid ?? 0, stratumPort, collects: true, stop };
  }
}

async function untilReady(gateway: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (gateway.exitCode !== null) throw new Error(`the gateway ended with ${gateway.exitCode}`);
    const reply = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    if (reply?.ok) return;
    await sleep(POLL_MS);
  }
  throw new Error(`the gateway was not ready within ${READY_TIMEOUT_MS / 1000} s`);
}

/** Asks, and ends it hard when it does not. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
  await exited;
  clearTimeout(hard);
}
