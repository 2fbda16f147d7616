/**
 * Finds a block that the node took in the chain: the node only ever says `true`, so the epochs around the job's height and above
 * are searched for our nonce. A block that is off the pivot chain appears in the epoch of a later pivot block.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlockLocation } from '#libs/mining';
import { solvesProblem } from './block-header.js';
import { addressToHex } from './cfx-address.js';
import type { BlockJson, ConfluxRpc } from './conflux-rpc.js';

export interface WantedBlock {
  readonly headerHash: string;
  readonly nonce: bigint;
  readonly height: number;
}

export interface LocatorOptions {
  /** `0x` and 40 lower-case digits; undefined accepts every author. */
  readonly author?: string | undefined;
  readonly pollMs?: number;
  /** How far above the job's height a block is searched for; off-pivot blocks join within a few epochs. */
  readonly maxEpochs?: number;
  readonly deadlineMs?: number;
}

/** Epochs below the newest that are read again: a reorganisation moves blocks between them. */
const REREAD_EPOCHS = 12;
const DEFAULTS = { pollMs: 500, maxEpochs: 1000, deadlineMs: 600_000 };

export class BlockLocator {
  private readonly options: LocatorOptions & typeof DEFAULTS;

  constructor(
    private readonly rpc: Pick<ConfluxRpc, 'latestEpoch' | 'blocksByEpoch' | 'blockByHash'>,
    options: LocatorOptions = {},
  ) {
    this.options = { ...DEFAULTS, ...options };
  }

  /**
   * `missing` when it was not found in time, undefined when the search was stopped. Never rejects: a node that does not
   * answer is asked again.
   */
  async locate(wanted: WantedBlock, signal: AbortSignal): Promise<BlockLocation | 'missing' | undefined> {
    const deadline = Date.now() + this.options.deadlineMs;
    const others = new Set<string>();
    // A block off the pivot chain can be in an epoch below its own height: the heaviest chain may be the shorter one.
    const lowest = Math.max(0, wanted.height - REREAD_EPOCHS);
    let from = lowest;
    while (!signal.aborted && Date.now() < deadline) {
      const newest = await this.rpc.latestEpoch().catch(() => undefined);
      if (newest !== undefined) {
        const to = Math.min(newest, wanted.height + this.options.maxEpochs);
        const found = await this.search(wanted, from, to, others).catch(() => 'failed' as const);
        if (found && found !== 'failed') return found;
        if (!found) from = Math.max(lowest, Math.min(from, to), to - REREAD_EPOCHS);
      }
      await sleep(this.options.pollMs, undefined, { signal }).catch(() => undefined);
    }
    return signal.aborted ? undefined : 'missing';
  }

  private async search(
    wanted: WantedBlock,
    from: number,
    to: number,
    others: Set<string>,
  ): Promise<BlockLocation | undefined> {
    for (let epoch = from; epoch <= to; epoch++) {
      const hashes = await this.rpc.blocksByEpoch(epoch);
      for (const hash of hashes) {
        if (others.has(hash)) continue;
        const block = await this.rpc.blockByHash(hash);
        if (!block) continue;
        const proof = this.proofOf(block, wanted);
        if (proof) {
          return { hash, epoch, height: Number(block.height), pivot: hash === hashes.at(-1), proof };
        }
        others.add(hash);
      }
    }
    return undefined;
  }

  private proofOf(block: BlockJson, wanted: WantedBlock): BlockLocation['proof'] | undefined {
    if (BigInt(block.nonce) !== wanted.nonce) return undefined;
    const { author } = this.options;
    if (author !== undefined && addressToHex(block.miner) !== author) return undefined;
    const solved = solvesProblem(block, wanted.headerHash);
    if (solved === 'no') return undefined;
    return solved === 'yes' ? 'header' : 'nonce';
  }
}
