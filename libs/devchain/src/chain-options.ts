/** What a test chain can be told, and the conflux-rust configuration file that says so. */

export interface ChainOptions {
  /** Folder of the chain's data. A chain started on the same folder goes on where it stopped. */
  readonly dataDir: string;
  readonly rpcPort: number;
  readonly stratumPort: number;
  /** The node listens for peers too; nobody is told of this port. */
  readonly p2pPort: number;
  /** `0x1` and 39 hex digits: conflux-rust mines to user addresses only. */
  readonly author: string;
  /** Whether blocks need Octopus; otherwise the keccak test function. */
  readonly octopus: boolean;
  /** Expected hashes per block. The chain adjusts it from there. */
  readonly difficulty: number;
  /** keccak256 of the stratum password, 64 hex digits. */
  readonly stratumSecret?: string;
  /** Broadcasts for which a job stays valid at the node. */
  readonly powWindow?: number;
}

export const CHAIN_ID = 1234;
const DEFAULT_POW_WINDOW = 10;

/**
 * The TOML text. Without the two settings about phase changes a lone node stays in catch-up: it takes submits, but
 * builds every job on the genesis block.
 */
export function chainConfig(options: ChainOptions): string {
  const settings: Record<string, string | number | boolean> = {
    mode: 'test',
    mining_type: 'stratum',
    mining_author: options.author,
    stratum_listen_address: '127.0.0.1',
    stratum_port: options.stratumPort,
    ...(options.stratumSecret !== undefined && { stratum_secret: options.stratumSecret }),
    use_octopus_in_test_mode: options.octopus,
    initial_difficulty: options.difficulty,
    pow_problem_window_size: options.powWindow ?? DEFAULT_POW_WINDOW,
    jsonrpc_local_http_port: options.rpcPort,
    tcp_port: options.p2pPort,
    chain_id: CHAIN_ID,
    evm_chain_id: CHAIN_ID + 1,
    conflux_data_dir: options.dataDir,
    block_db_type: 'sqlite',
    pos_private_key_path: `${options.dataDir}/pos_key`,
    dev_allow_phase_change_without_peer: true,
    check_phase_change_period_ms: 100,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
    .join('');
}
