/** One spec for every way a share can be hashed: in this process, natively or in TypeScript, and in a worker over TCP. */
import { ClientProxyFactory, Transport, type ClientProxy } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { POW_HASH, type PowHasher } from '#libs/contracts';
import type { ConfluxWork, Hash32, Nonce } from '#libs/mining';
import { FairQueue, loadOctopus, openPow } from '#libs/octopus';
import { freePorts, octopusVectors } from '#libs/testkit';
import { startWorker } from '../../apps/pow-worker/src/worker.js';
import { readWorkerConfig } from '../../apps/pow-worker/src/settings.js';
import { ConfluxEvaluator } from '../../apps/stratum-gateway/src/evaluator/conflux-evaluator.js';
import { FallbackHasher } from '../../apps/stratum-gateway/src/evaluator/fallback-hasher.js';
import { RemoteHasher } from '../../apps/stratum-gateway/src/evaluator/remote-hasher.js';
import { logger } from './world.js';

const vectors = octopusVectors();
/** One light cache is enough to tell deliveries apart; the algorithm itself is tested in libs/octopus. */
const stage0 = [
  ...vectors.real,
  ...vectors.synthetic.map((v) => ({ ...v, problemHash: v.headerHash })),
].filter(({ height }) => height < 524_288);

async function worker(
  algorithm: 'octopus' | 'keccak-test',
): Promise<{ client: ClientProxy; stop: () => Promise<void> }> {
  const [port = 0] = await freePorts(1);
  const env = { POW_TCP: `127.0.0.1:${port}`, POW_ALGORITHM: algorithm };
  const close = await startWorker(readWorkerConfig(env), logger);
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  return { client, stop: close };
}

const deliveries: Record<string, () => Promise<{ hasher: PowHasher; stop?: () => Promise<void> }>> = {
  'embedded, native': () => Promise.resolve({ hasher: loadOctopus({ engine: 'native' }).engine }),
  'embedded, typescript': () => Promise.resolve({ hasher: loadOctopus({ engine: 'typescript' }).engine }),
  'remote over TCP': async () => {
    const { client, stop } = await worker('octopus');
    return { hasher: new RemoteHasher(client, 'octopus'), stop };
  },
};

describe.each(Object.entries(deliveries))('%s', (_name, open) => {
  let hasher: PowHasher;
  let stop: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    ({ hasher, stop } = await open());
    await hasher.prepare(0);
  });

  afterAll(async () => {
    await hasher.close();
    await stop?.();
  });

  it('hashes every vector of stage 0', async () => {
    for (const { problemHash, nonce, height, powHash } of stage0) {
      const hash = await hasher.hash(Buffer.from(problemHash.slice(2), 'hex'), BigInt(nonce), height);
      expect(`0x${Buffer.from(hash).toString('hex')}`).toBe(powHash);
    }
  });

  it('ignores nonce bits above 64, and the evaluator subtracts their lower bound', async () => {
    const [vector = expect.unreachable()] = vectors.real;
    const work: ConfluxWork = {
      key: vector.problemHash,
      lineage: '',
      source: '',
      height: vector.height,
      networkTarget: BigInt(vector.boundary),
      receivedAt: 0,
      headerHash: vector.problemHash as Hash32,
      sourceJobId: vector.problemHash,
    };
    const share = (nonce: bigint) => ({ worker: 'w', workKey: work.key, jobId: '', nonce: nonce as Nonce });
    const evaluator = new ConfluxEvaluator('octopus', hasher, new FairQueue(1));
    const [plain, high] = [share(BigInt(vector.nonce)), share(BigInt(vector.nonce) + (1n << 200n))];
    expect((await evaluator.evaluate(work, plain, {})).value).toBe(BigInt(vector.powHash));
    expect((await evaluator.evaluate(work, high, {})).value).toBe(
      BigInt.asUintN(256, BigInt(vector.powHash) - (1n << 200n)),
    );
    expect(evaluator.precheck(work, high).dedupKey).toBe(evaluator.precheck(work, plain).dedupKey);
    expect(evaluator.precheck(work, high).exactKey).not.toBe(evaluator.precheck(work, plain).exactKey);
  });

  it('rejects heights that cannot be', async () => {
    await expect(hasher.hash(new Uint8Array(32), 0n, -1)).rejects.toBeDefined();
    await expect(hasher.hash(new Uint8Array(32), 0n, 1.5)).rejects.toBeDefined();
  });
});

describe('a worker', () => {
  it('answers malformed and foreign requests with an error, and goes on', async () => {
    const { client, stop } = await worker('keccak-test');
    onTestFinished(async () => {
      await client.close();
      await stop();
    });
    const good = { algorithm: 'keccak-test', headerHash: `0x${'00'.repeat(32)}`, nonce: '0x1', height: 1 };
    const ask = (request: unknown): Promise<unknown> => firstValueFrom(client.send(POW_HASH, request));
    for (const bad of [
      { ...good, headerHash: '0x12' },
      { ...good, nonce: `0x${'f'.repeat(65)}` },
      { ...good, height: -1 },
      { ...good, height: '1' },
      { ...good, extra: 1 },
      { ...good, algorithm: 'octopus' },
      {},
      null,
    ]) {
      await expect(ask(bad)).rejects.toBeDefined();
    }
    expect(await ask(good)).toEqual({ powHash: expect.stringMatching(/^0x[0-9a-f]{64}$/) as string });
  });
});

describe('FallbackHasher', () => {
  it('costs no verdict when the worker goes, and takes it back when it returns', async () => {
    const header = new Uint8Array(32);
    const local = openPow('keccak-test').engine;
    const right = await local.hash(header, 1n, 1);
    const [port = 0] = await freePorts(1);
    const config = readWorkerConfig({ POW_TCP: `127.0.0.1:${port}`, POW_ALGORITHM: 'keccak-test' });
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
    const changes: (string | undefined)[] = [];
    const hasher = new FallbackHasher(new RemoteHasher(client, 'keccak-test'), local, (failure) =>
      changes.push(failure),
    );
    onTestFinished(() => hasher.close());

    expect(await hasher.hash(header, 1n, 1)).toEqual(right);
    expect(changes).toEqual([expect.stringContaining('ECONNREFUSED')]);
    expect(hasher.isFailing).toBe(true);

    const stop = await startWorker(config, logger);
    onTestFinished(stop);
    await expect
      .poll(async () => [Buffer.from(await hasher.hash(header, 1n, 1)).equals(right), hasher.isFailing], {
        timeout: 10_000,
      })
      .toEqual([true, false]);
    expect(changes.at(-1)).toBeUndefined();
  });
});
