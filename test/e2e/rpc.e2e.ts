/** The RPC calls that the bridge relies on, against the real node. */
import { expect, it } from 'vitest';
import { CHAIN_ID } from '#libs/devchain';
import { blockHash, ConfluxRpc, problemHash, RpcError } from '#libs/node-rpc';
import { chainFor, events, gatewayFor, minerFor, upstream } from './world.js';

it('reads status, epochs, blocks, headers and rewards', async () => {
  const chain = await chainFor({ difficulty: 500 });
  const rpc = new ConfluxRpc(chain.rpcUrl);
  await expect.poll(() => rpc.syncPhase(), { timeout: 20_000 }).toBe('NormalSyncPhase');
  expect(await rpc.status()).toEqual({ chainId: CHAIN_ID, epoch: 0, latestConfirmed: 0, latestFinalized: 0 });
  await expect(rpc.rewardInfo(1)).rejects.toBeInstanceOf(RpcError);

  const gateway = await gatewayFor({ UPSTREAMS: upstream(chain), POW_ALGORITHM: 'keccak-test' });
  const deep = events(gateway, 'block-located', 1, ({ location }) => location.epoch > 20);
  const first = events(gateway, 'block-located', 1, ({ location }) => location.epoch >= 1);
  minerFor(gateway.stratumPort, { POW_ALGORITHM: 'keccak-test' });
  const [located] = await first;
  await deep;
  expect(await rpc.latestEpoch()).toBeGreaterThan(20);
  const hashes = await rpc.blocksByEpoch(1);
  expect(hashes.length).toBeGreaterThan(0);
  const block = await rpc.blockByHash(located?.location.hash ?? '');
  expect(block && blockHash(block)).toBe(located?.location.hash);
  expect(block && problemHash(block)).toBe(located?.candidate.work.headerHash);
  expect(await rpc.blockByHash(`0x${'00'.repeat(32)}`)).toBeNull();
  const rewards = await rpc.rewardInfo(1);
  expect(rewards.map((reward) => reward.blockHash).toSorted()).toEqual([...hashes].toSorted());
  rpc.close();
});

it('says which call failed and why when the node is gone', async () => {
  const chain = await chainFor();
  const rpc = new ConfluxRpc(chain.rpcUrl);
  await chain.stop();
  const failure = await rpc.latestEpoch().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(RpcError);
  expect(failure).toMatchObject({
    method: 'cfx_epochNumber',
    code: undefined,
    message: expect.stringContaining('ECONNREFUSED') as string,
  });
  rpc.close();
});
