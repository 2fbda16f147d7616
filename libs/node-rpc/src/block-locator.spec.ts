import { describe, expect, it } from 'vitest';
import { octopusVectors } from '#libs/testkit';
import { BlockLocator } from './block-locator.js';
import { RpcError, type BlockJson } from './conflux-rpc.js';

const vector = octopusVectors().real[0]!;
const ours: BlockJson = { ...vector.header, epochNumber: vector.header.height };
const other: BlockJson = { ...ours, hash: '0xother', nonce: '0x1' };
const wanted = { headerHash: vector.problemHash, nonce: BigInt(vector.nonce), height: 6 };

/** A chain as epochs of blocks; the last block of an epoch is its pivot block. */
class FakeChain {
  calls = 0;
  failures = 0;
  epochs: Record<number, BlockJson[]> = {};

  private answer<T>(value: T): Promise<T> {
    this.calls++;
    if (this.failures-- > 0) return Promise.reject(new RpcError('any', undefined, 'ECONNREFUSED'));
    return Promise.resolve(value);
  }

  latestEpoch = () => this.answer(Math.max(0, ...Object.keys(this.epochs).map(Number)));
  blocksByEpoch = (epoch: number) => this.answer((this.epochs[epoch] ?? []).map(({ hash }) => hash));
  blockByHash = (hash: string) =>
    this.answer(
      Object.values(this.epochs)
        .flat()
        .find((block) => block.hash === hash) ?? null,
    );
}

const locate = (chain: FakeChain, over: object = {}, signal = new AbortController().signal) =>
  new BlockLocator(chain, { pollMs: 1, deadlineMs: 5000, ...over }).locate(wanted, signal);

describe('BlockLocator', () => {
  it('finds a pivot block, proven by its header', async () => {
    const chain = new FakeChain();
    chain.epochs = { 6: [other, ours] };
    expect(await locate(chain)).toEqual({
      hash: ours.hash,
      epoch: 6,
      height: 6,
      pivot: true,
      proof: 'header',
    });
  });

  it('finds a block that is off the pivot chain in a later epoch', async () => {
    const chain = new FakeChain();
    chain.epochs = { 6: [other], 7: [ours, { ...other, hash: '0xpivot' }] };
    expect(await locate(chain)).toMatchObject({ epoch: 7, height: 6, pivot: false });
  });

  it('waits for the block and survives a node that does not answer', async () => {
    const chain = new FakeChain();
    chain.epochs = { 5: [] };
    chain.failures = 3;
    const found = locate(chain);
    setTimeout(() => (chain.epochs[6] = [ours]), 30);
    expect(await found).toMatchObject({ epoch: 6 });
  });

  it('reads an epoch again that a failed call interrupted', async () => {
    const chain = new FakeChain();
    chain.epochs = { 6: [other], 7: [ours], 60: [other] };
    const { blocksByEpoch } = chain;
    let failed = false;
    chain.blocksByEpoch = (epoch) => {
      if (epoch !== 6 || failed) return blocksByEpoch(epoch);
      failed = true;
      return Promise.reject(new RpcError('cfx_getBlocksByEpoch', undefined, 'ECONNRESET'));
    };
    expect(await locate(chain)).toMatchObject({ epoch: 7 });
  });

  it('finds a block that a reorganisation moves into an epoch already read', async () => {
    const chain = new FakeChain();
    chain.epochs = { 6: [other], 7: [], 8: [] };
    const found = locate(chain);
    setTimeout(() => (chain.epochs[6] = [other, ours]), 30);
    expect(await found).toMatchObject({ epoch: 6, pivot: true });
  });

  it('does not take a block of another author or problem', async () => {
    const chain = new FakeChain();
    chain.epochs = { 6: [ours] };
    expect(await locate(chain, { author: `0x1${'0'.repeat(39)}`, deadlineMs: 30 })).toBe('missing');
    const otherProblem = new BlockLocator(chain, { pollMs: 1, deadlineMs: 30 });
    const signal = new AbortController().signal;
    expect(await otherProblem.locate({ ...wanted, headerHash: '0xother' }, signal)).toBe('missing');
    expect(await locate(chain, { author: vector.header.minerHex })).toMatchObject({ epoch: 6 });
  });

  it('takes nonce and author as proof where the header is not told in full', async () => {
    const chain = new FakeChain();
    chain.epochs = { 6: [{ ...ours, baseFeePerGas: '0x1', hash: '0xpriced' }] };
    expect(await locate(chain)).toMatchObject({ hash: '0xpriced', proof: 'nonce' });
  });

  it('stops when asked', async () => {
    const stop = new AbortController();
    const found = locate(new FakeChain(), {}, stop.signal);
    stop.abort();
    expect(await found).toBeUndefined();
  });
});
