/** The few core-space RPC calls that the bridge needs, over ethers. Numbers come out as numbers, unknowns as undefined. */
import { FetchRequest, JsonRpcProvider, Network } from 'ethers';
import type { HeaderJson } from './block-header.js';

export interface BlockJson extends HeaderJson {
  readonly hash: string;
  /** Null while the block is in no epoch. */
  readonly epochNumber: string | null;
}

/** Where the node is. Epochs are those of `cfx_getStatus`, in order of certainty. */
export interface NodeStatus {
  readonly chainId: number;
  readonly epoch: number;
  readonly latestConfirmed: number;
  readonly latestFinalized: number;
}

export interface RewardJson {
  readonly blockHash: string;
  readonly author: string;
  readonly totalReward: string;
  readonly baseReward: string;
  readonly txFee: string;
}

/** A node on the same host answers in milliseconds; one that is busy syncing may need seconds. */
const RPC_TIMEOUT_MS = 5000;
const METHOD_NOT_FOUND = -32601;

/** What a node answered instead of a result, or why it did not answer (`code` is undefined then). */
export class RpcError extends Error {
  constructor(
    readonly method: string,
    readonly code: number | undefined,
    detail: string,
  ) {
    super(`${method}: ${detail}`);
    this.name = 'RpcError';
  }
}

export class ConfluxRpc {
  private readonly provider: JsonRpcProvider;

  constructor(url: string) {
    const request = new FetchRequest(url);
    request.timeout = RPC_TIMEOUT_MS;
    // The chain id matters to eth_ calls only, which are never made; a static network saves the probe for it.
    const network = Network.from(1029);
    this.provider = new JsonRpcProvider(request, network, { staticNetwork: network, batchMaxCount: 1 });
  }

  async status(): Promise<NodeStatus> {
    const status = await this.call<Record<string, string>>('cfx_getStatus', []);
    return {
      chainId: Number(status['chainId']),
      epoch: Number(status['epochNumber']),
      latestConfirmed: Number(status['latestConfirmed']),
      latestFinalized: Number(status['latestFinalized']),
    };
  }

  /** The newest epoch. */
  async latestEpoch(): Promise<number> {
    return Number(await this.call<string>('cfx_epochNumber', ['latest_mined']));
  }

  /** For example `NormalSyncPhase`; undefined where the node does not offer the call (it is not in the public set). */
  async syncPhase(): Promise<string | undefined> {
    try {
      return await this.call<string>('debug_currentSyncPhase', []);
    } catch (error) {
      if (error instanceof RpcError && error.code === METHOD_NOT_FOUND) return undefined;
      throw error;
    }
  }

  /** Hashes of an epoch's blocks; the last is the pivot block. */
  blocksByEpoch(epoch: number): Promise<readonly string[]> {
    return this.call('cfx_getBlocksByEpoch', [`0x${epoch.toString(16)}`]);
  }

  blockByHash(hash: string): Promise<BlockJson | null> {
    return this.call('cfx_getBlockByHash', [hash, false]);
  }

  /** Rewards of an epoch's blocks; an RpcError until they are calculated, 12 epochs later. */
  rewardInfo(epoch: number): Promise<readonly RewardJson[]> {
    return this.call('cfx_getBlockRewardInfo', [`0x${epoch.toString(16)}`]);
  }

  close(): void {
    this.provider.destroy();
  }

  private async call<T>(method: string, params: unknown[]): Promise<T> {
    try {
      return (await this.provider.send(method, params)) as T;
    } catch (error) {
      throw toRpcError(method, error);
    }
  }
}

/** ethers wraps a node's error, and a failed connection, in errors of its own; what matters is inside. */
function toRpcError(method: string, error: unknown): RpcError {
  const inner = member(error, 'error');
  const code = member(inner, 'code');
  const message = member(inner, 'message');
  if (typeof code === 'number' && typeof message === 'string') return new RpcError(method, code, message);
  const short = member(error, 'shortMessage') ?? member(error, 'code') ?? member(error, 'message');
  return new RpcError(method, undefined, typeof short === 'string' ? short : 'no answer');
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
