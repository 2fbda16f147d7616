/** The compiled gateway as a process of its own, seen from outside: log, memory, descriptors, connections, operator's HTTP. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePorts } from '#libs/testkit';

const END_TIMEOUT_MS = 8000;
const HTTP_TIMEOUT_MS = 5000;
/** pino's number for `error`. */
const ERROR_LEVEL = 50;
const KEPT_FAULTS = 20;
/** TCP_ESTABLISHED in /proc/net/tcp. */
const ESTABLISHED = '01';
/** Evaluated in the gateway's process before its own code: the channel to its parent asks for a collection. */
const COLLECT_ON_MESSAGE = 'data:text/javascript,process.on("message",()=>globalThis.gc())';

export interface Ban {
  readonly address: string;
  readonly reason: string;
  readonly since: string;
  readonly until: string;
}

export class GatewayProcess {
  /** Lines that must not be there: errors, stack traces, anything that is no log line. */
  readonly faults: string[] = [];
  logLines = 0;

  private constructor(
    private readonly child: ChildProcess,
    readonly stratumPort: number,
    private readonly httpPort: number,
    private readonly rpcPort: number,
  ) {
    for (const output of [child.stdout, child.stderr]) if (output) this.watch(output);
  }

  /** `folder`: where it runs, with no .env in it. `rpcPort`: the node's. Does not wait until it is ready. */
  static async start(env: NodeJS.ProcessEnv, folder: string, rpcPort: number): Promise<GatewayProcess> {
    const [stratumPort = 0, httpPort = 0] = await freePorts(2);
    const main = fileURLToPath(new URL('../../dist/apps/stratum-gateway/src/main.js', import.meta.url));
    const child = fork(main, {
      env: {
        ...process.env,
        STRATUM_LISTEN: `127.0.0.1:${stratumPort}`,
        HTTP_LISTEN: `127.0.0.1:${httpPort}`,
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'info',
        ...env,
      },
      cwd: folder,
      execArgv: ['--expose-gc', '--import', COLLECT_ON_MESSAGE],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    return new GatewayProcess(child, stratumPort, httpPort, rpcPort);
  }

  /** Bytes of memory that it has in use. */
  async rss(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** Asks for a full collection: what is held after it is held on to, not merely not yet looked at. */
  collect(): void {
    if (this.child.connected) this.child.send('collect');
  }

  /** Open descriptors, without connections to the node's RPC and to the operator's HTTP, which are kept for a while. */
  async descriptors(): Promise<number> {
    const folder = `/proc/${this.pid}/fd`;
    const names = await readdir(folder);
    const targets = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
    const rows = await tcpRows();
    const kept = rows.filter(
      ({ local, remote }) => remote.port === this.rpcPort || local.port === this.httpPort,
    );
    const passing = new Set(kept.map(({ inode }) => `socket:[${inode}]`));
    return targets.filter((target) => target !== '' && !passing.has(target)).length;
  }

  /** Connections to its stratum port from 127.a.b.* that it still holds; `network` as `127.a.b`. */
  async connectionsFrom(network: string): Promise<number> {
    const rows = await tcpRows();
    return rows.filter(
      ({ local, remote }) => local.port === this.stratumPort && remote.address.startsWith(`${network}.`),
    ).length;
  }

  /** The status of /health/ready; 0 when nobody answers. */
  async ready(): Promise<number> {
    return (await this.http('/health/ready'))?.status ?? 0;
  }

  /** Rejects when the gateway does not serve them. */
  async bans(): Promise<readonly Ban[]> {
    const response = await this.http('/api/v1/bans');
    if (response?.status !== 200)
      throw new Error(`GET /api/v1/bans is answered ${response?.status ?? 'not at all'}`);
    return (await response.json()) as Ban[];
  }

  async liftBan(address: string): Promise<void> {
    const response = await this.http(`/api/v1/bans/${address}`, 'DELETE');
    if (!response?.ok) throw new Error(`DELETE of a ban is answered ${response?.status ?? 'not at all'}`);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const hard = setTimeout(() => this.child.kill('SIGKILL'), END_TIMEOUT_MS);
    await exited;
    clearTimeout(hard);
  }

  private get pid(): number {
    return this.child.pid ?? 0;
  }

  private http(path: string, method = 'GET'): Promise<Response | undefined> {
    const signal = AbortSignal.timeout(HTTP_TIMEOUT_MS);
    return fetch(`http://127.0.0.1:${this.httpPort}${path}`, { method, signal }).catch(() => undefined);
  }

  private watch(output: Readable): void {
    createInterface({ input: output }).on('line', (line) => {
      this.logLines++;
      if (isFault(line) && this.faults.length < KEPT_FAULTS) this.faults.push(line);
    });
  }
}

/** A log line is one JSON object; Node's own warnings and crashes are none. */
function isFault(line: string): boolean {
  if (!line.startsWith('{')) return line.trim() !== '';
  const { level } = JSON.parse(line) as { level: number };
  return level >= ERROR_LEVEL || line.includes('"stack":');
}

interface TcpRow {
  readonly local: { readonly address: string; readonly port: number };
  readonly remote: { readonly address: string; readonly port: number };
  readonly inode: string;
}

/**
 * The IPv4 connections of this machine that are established, as proc(5) lists them. Tens of thousands that are past
 * stand between them after some phases: in one piece, they held up this process, and the honest miner in it, for 140 ms.
 */
async function tcpRows(): Promise<TcpRow[]> {
  const rows: TcpRow[] = [];
  for await (const line of createInterface({ input: createReadStream('/proc/net/tcp') })) {
    const [, local = '', remote = '', state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
    if (state === ESTABLISHED) rows.push({ local: endOf(local), remote: endOf(remote), inode });
  }
  return rows;
}

/** `0100007F:1F90` is 127.0.0.1:8080 on the little-endian machines that the test node exists for. */
function endOf(text: string): TcpRow['local'] {
  const [address = '', port = ''] = text.split(':');
  return {
    address: [...Buffer.from(address, 'hex')].toReversed().join('.'),
    port: Number.parseInt(port, 16),
  };
}
