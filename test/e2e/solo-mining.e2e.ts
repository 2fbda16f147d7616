/** The product's main job against the real node: blocks found through the bridge are in the chain, with our name on them. */
import { expect, it, vi } from 'vitest';
import { addressToHex } from '#libs/node-rpc';
import { startDevchain, type Devchain } from '#libs/devchain';
import type { GatewayEvent } from '../../apps/stratum-gateway/src/events.js';
import {
  AUTHOR,
  chainFor,
  events,
  gatewayFor,
  minerFor,
  PASSWORD,
  ready,
  rpc,
  SECRET,
  upstream,
  workerProcess,
} from './world.js';

type Located = Extract<GatewayEvent, { type: 'block-located' }>;

/**
 * Asks the node itself whether the block that the bridge reports is ours and in the chain. Test blocks come so fast that
 * the newest epochs are reorganised all the time, so it is asked until its two answers agree.
 */
async function expectOnChain(chain: Devchain, { candidate, location }: Located): Promise<void> {
  expect(location.proof).toBe('header');
  await vi.waitFor(
    async () => {
      const block = await rpc<Record<string, string>>(chain, 'cfx_getBlockByHash', [location.hash, false]);
      expect(BigInt(block['nonce'] ?? '-1')).toBe(candidate.share.nonce);
      expect(addressToHex(block['miner'] ?? '')).toBe(AUTHOR);
      expect(Number(block['height'])).toBe(candidate.work.height);
      expect(await rpc(chain, 'cfx_getBlocksByEpoch', [block['epochNumber']])).toContain(location.hash);
    },
    { timeout: 30_000, interval: 200 },
  );
}

it('mines Octopus blocks that advance the epoch', async () => {
  const chain = await chainFor({ octopus: true, difficulty: 100 });
  const gateway = await gatewayFor({ UPSTREAMS: upstream(chain), MINING_AUTHOR: AUTHOR });
  const located = events(gateway, 'block-located', 3);
  const miner = minerFor(gateway.stratumPort, { MINER_WORKER: 'rig1' });
  for (const event of await located) {
    expect(event.candidate.share.worker).toBe('rig1');
    await expectOnChain(chain, event);
  }
  // Two of the blocks may be siblings, so three blocks are not always three epochs.
  const epoch = async (): Promise<number> => Number(await rpc<string>(chain, 'cfx_epochNumber'));
  await expect.poll(epoch, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
  expect(miner.stats.accepted).toBeGreaterThanOrEqual(3);
  expect(await ready(gateway)).toMatchObject({ status: 200, report: { ready: true } });
});

it('mines on a chain without Octopus, behind a secret on both sides', async () => {
  const chain = await chainFor({ stratumSecret: SECRET });
  const gateway = await gatewayFor({
    UPSTREAMS: upstream(chain, PASSWORD),
    POW_ALGORITHM: 'keccak-test',
    STRATUM_SECRET: SECRET,
  });
  const located = events(gateway, 'block-located', 3);
  minerFor(gateway.stratumPort, { POW_ALGORITHM: 'keccak-test', MINER_PASSWORD: PASSWORD });
  for (const event of await located) await expectOnChain(chain, event);
});

it('mines with two miners at once, each with blocks of its own', async () => {
  const chain = await chainFor();
  const gateway = await gatewayFor({ UPSTREAMS: upstream(chain), POW_ALGORITHM: 'keccak-test' });
  const workers = ['left', 'right'];
  const located = workers.map((worker) =>
    events(gateway, 'block-located', 2, ({ candidate }) => candidate.share.worker === worker),
  );
  for (const worker of workers) {
    minerFor(gateway.stratumPort, { POW_ALGORITHM: 'keccak-test', MINER_WORKER: worker });
  }
  for (const event of (await Promise.all(located)).flat()) await expectOnChain(chain, event);
});

it('mines with the proof of work in a separate worker, and without it when that is gone', async () => {
  const worker = await workerProcess();
  const chain = await chainFor({ octopus: true, difficulty: 100 });
  const gateway = await gatewayFor({ UPSTREAMS: upstream(chain), POW_TRANSPORT: 'tcp', POW_TCP: worker.tcp });
  const located = events(gateway, 'block-located', 2);
  minerFor(gateway.stratumPort);
  for (const event of await located) await expectOnChain(chain, event);
  expect(await ready(gateway)).toMatchObject({
    report: { checks: { evaluator: { ok: true, detail: 'ready; in 1 of 1 pow-workers' } } },
  });

  const warned = events(gateway, 'evaluator', 1, ({ level }) => level === 'warn');
  worker.process.kill('SIGKILL');
  const [warning] = await warned;
  expect(warning?.text).toMatch(/^pow-worker \S+ does not answer .* in this process/);
  const [later] = await events(gateway, 'block-located');
  if (later) await expectOnChain(chain, later);
});

it('goes on after the node was stopped and started again, with the miner still connected', async () => {
  const chain = await chainFor();
  const gateway = await gatewayFor({ UPSTREAMS: upstream(chain), POW_ALGORITHM: 'keccak-test' });
  const gone = events(gateway, 'miner-gone');
  void gone.catch(() => undefined);
  const first = events(gateway, 'block-located', 2);
  minerFor(gateway.stratumPort, { POW_ALGORITHM: 'keccak-test' });
  await first;

  const down = events(gateway, 'source', 1, ({ notice }) => notice.text.startsWith('not connected'));
  await chain.stop();
  await down;
  expect(await ready(gateway)).toMatchObject({
    status: 503,
    report: { ready: false, checks: { job: { ok: false } } },
  });

  const again = await startDevchain(chain.options);
  const located = events(gateway, 'block-located', 2, ({ location }) => location.epoch > 0);
  for (const event of await located) await expectOnChain(again, event);
  await again.stop();
  await expect(Promise.race([gone, Promise.resolve('still connected')])).resolves.toBe('still connected');
});
