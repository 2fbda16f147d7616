/** What the whole suite runs in: a real test chain, one gateway process in front of it, one honest miner throughout. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDevchain } from '#libs/devchain';
import { AUTHOR, chainOptions, PASSWORD, rpc, SECRET, upstream, type Chain } from '../e2e/world.js';
import { GatewayProcess } from './gateway-process.js';
import { HonestMiner } from './honest-miner.js';

/** A block is some 40 ms of hashing. */
const DIFFICULTY = 2000;
/** Whatever else goes on, the honest miner's job must not leave the window of the node. */
const POW_WINDOW = 1000;

/** Seconds of the gateway's deadlines below, for those who wait for them. */
export const SHORT_DEADLINE_S = 2;

/**
 * Small bounds, so that each phase reaches its own within seconds. The honest miner's 50 requests a second are below all
 * of them.
 */
const LIMITS = {
  LIMIT_LINE_BYTES: 16_384,
  LIMIT_BATCH: 32,
  LIMIT_REQUESTS_PER_S: 200,
  // Enough to fill the buffers between two sockets, so that a slow reader shows.
  LIMIT_REQUEST_BURST: 10_000,
  LIMIT_ADDRESS_REQUESTS_PER_S: 1000,
  LIMIT_ADDRESS_REQUEST_BURST: 10_000,
  LIMIT_CONNECTIONS: 600,
  LIMIT_CONNECTIONS_PER_ADDRESS: 100,
  LIMIT_CONNECTIONS_PER_SUBNET: 500,
  LIMIT_STRANGERS: 200,
  LIMIT_CONNECTS_PER_S: 100,
  LIMIT_SUBSCRIBE_S: SHORT_DEADLINE_S,
  LIMIT_SLOW_READER_S: SHORT_DEADLINE_S,
  LIMIT_PREAMBLE_S: SHORT_DEADLINE_S,
  LIMIT_TLS_HANDSHAKES: 32,
  LIMIT_BAN_S: 600,
  SHARE_INTERVAL_S: 0,
};

export class HostileWorld {
  private constructor(
    private readonly folder: string,
    private readonly chain: Chain,
    readonly gateway: GatewayProcess,
    public honest: HonestMiner,
  ) {}

  static async start(): Promise<HostileWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'bridge-hostile-'));
    const options = await chainOptions({ difficulty: DIFFICULTY, powWindow: POW_WINDOW });
    const chain = { ...(await startDevchain(options)), options };
    const env = Object.fromEntries(Object.entries(LIMITS).map(([name, value]) => [name, String(value)]));
    const gateway = await GatewayProcess.start(
      {
        ...env,
        STRATUM_TLS_CERT: pem('cert'),
        STRATUM_TLS_KEY: pem('key'),
        UPSTREAMS: upstream(chain),
        MINING_AUTHOR: AUTHOR,
        POW_ALGORITHM: 'keccak-test',
        POW_TRANSPORT: 'embedded',
        STRATUM_PROFILE: 'conflux-rust',
        STRATUM_SECRET: SECRET,
      },
      folder,
      options.rpcPort,
    );
    const deadline = Date.now() + 60_000;
    while ((await gateway.ready()) !== 200) {
      if (Date.now() > deadline || gateway.faults.length > 0) {
        throw new Error(`the gateway is not ready: ${gateway.faults.join('\n')}`);
      }
    }
    return new HostileWorld(folder, chain, gateway, await HonestMiner.connect(gateway.stratumPort, PASSWORD));
  }

  async epoch(): Promise<number> {
    return Number(await rpc<string>(this.chain, 'cfx_epochNumber'));
  }

  /** Another connection of the honest miner's. Rejects when it is not let in. */
  async honestNewcomer(): Promise<void> {
    const miner = await HonestMiner.connect(this.gateway.stratumPort, PASSWORD);
    miner.close();
  }

  /** After a phase that cost the honest miner its connection, the next one shall show what it does by itself. */
  async reconnectHonest(): Promise<void> {
    if (this.honest.closed) this.honest = await HonestMiner.connect(this.gateway.stratumPort, PASSWORD);
  }

  async stop(): Promise<void> {
    this.honest.close();
    await this.gateway.stop();
    await this.chain.stop();
    await rm(this.chain.options.dataDir, { recursive: true, force: true });
    await rm(this.folder, { recursive: true, force: true });
  }
}

const pem = (name: string): string =>
  fileURLToPath(new URL(`../vectors/tls/test-only-first.${name}.pem`, import.meta.url));
