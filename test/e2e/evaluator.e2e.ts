/** One spec for every way a share can be hashed: in this process, natively or in TypeScript, and in a worker elsewhere. */
import { firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { POW_HASH, POW_PREPARE, type PowHasher } from '#libs/contracts';
import type { ConfluxWork, Hash32, Nonce } from '#libs/mining';
import { loadOctopus } from '#libs/octopus';
import { freePorts, octopusVectors } from '#libs/testkit';
import { startWorker } from '../../apps/pow-worker/src/worker.js';
import { readWorkerConfig, type WorkerConfig } from '../../apps/pow-worker/src/settings.js';
import { ConfluxEvaluator } from '../../apps/stratum-gateway/src/evaluator/conflux-evaluator.js';
import { RemoteHasher } from '../../apps/stratum-gateway/src/evaluator/remote-hasher.js';
import {
  natsClient,
  tcpClient,
  type WorkerClient,
} from '../../apps/stratum-gateway/src/evaluator/worker-clients.js';
import { logger, natsServer } from './world.js';

const vectors = octopusVectors();
/** One light cache is enough to tell deliveries apart; the algorithm itself is tested in libs/octopus. */
const stage0 = [
  ...vectors.real,
  ...vectors.synthetic.map((v) => ({ ...v, problemHash: v.headerHash })),
].filter(({ height }) => height < 524_288);

/** Hashes are compared here, not deadlines. */
const PATIENT_MS = 5000;

async function worker(
  env: NodeJS.ProcessEnv,
  client: (config: WorkerConfig['reachedBy']) => WorkerClient,
): Promise<{ client: WorkerClient; stop: () => Promise<void> }> {
  const config = readWorkerConfig({ POW_HTTP: '127.0.0.1:0', ...env });
  const { close } = await startWorker(config, logger);
  return { client: client(config.reachedBy), stop: close };
}

async function overTcp(algorithm: 'octopus' | 'keccak-test') {
  const [port = 0] = await freePorts(1);
  return worker({ POW_TCP: `127.0.0.1:${port}`, POW_ALGORITHM: algorithm }, (reachedBy) =>
    reachedBy.transport === 'tcp' ? tcpClient(reachedBy.listen) : expect.unreachable(),
  );
}

async function overNats(algorithm: 'octopus' | 'keccak-test') {
  const server = await natsServer();
  const { client, stop } = await worker(
    { POW_TRANSPORT: 'nats', NATS_URL: server.url, POW_ALGORITHM: algorithm },
    (reachedBy) => (reachedBy.transport === 'nats' ? natsClient(reachedBy.nats) : expect.unreachable()),
  );
  return { client, stop: () => stop().finally(server.stop) };
}

const deliveries: Record<string, () => Promise<{ hasher: PowHasher; stop?: () => Promise<void> }>> = {
  'embedded, native': () => Promise.resolve({ hasher: loadOctopus({ engine: 'native' }).engine }),
  'embedded, typescript': () => Promise.resolve({ hasher: loadOctopus({ engine: 'typescript' }).engine }),
  'remote over TCP': async () => {
    const { client, stop } = await overTcp('octopus');
    return { hasher: new RemoteHasher(client, 'octopus', PATIENT_MS), stop };
  },
  'remote over NATS': async () => {
    const { client, stop } = await overNats('octopus');
    return { hasher: new RemoteHasher(client, 'octopus', PATIENT_MS), stop };
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
    const evaluator = new ConfluxEvaluator('octopus', hasher);
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

describe.each(Object.entries({ TCP: overTcp, NATS: overNats }))('a worker over %s', (_name, open) => {
  it('answers malformed and foreign requests with an error, and goes on', async () => {
    const { client, stop } = await open('keccak-test');
    onTestFinished(async () => {
      await client.close();
      await stop();
    });
    const ask = (pattern: string, request: unknown): Promise<unknown> =>
      firstValueFrom(client.send(pattern, request));
    const stage = { algorithm: 'keccak-test', height: 1 };
    const good = { ...stage, headerHash: `0x${'00'.repeat(32)}`, nonce: '0x1', waitMs: 10_000, caller: 7 };
    expect(await ask(POW_PREPARE, stage)).toBe(true);
    for (const bad of [
      { ...good, headerHash: '0x12' },
      { ...good, nonce: `0x${'f'.repeat(65)}` },
      { ...good, height: -1 },
      { ...good, height: '1' },
      { ...good, waitMs: 0 },
      { ...good, waitMs: 1e9 },
      { ...good, caller: 2 ** 32 },
      { ...good, extra: 1 },
      { ...good, algorithm: 'octopus' },
      stage,
      {},
      null,
    ]) {
      await expect(ask(POW_HASH, bad)).rejects.toBeDefined();
    }
    expect(await ask(POW_HASH, good)).toEqual({
      powHash: expect.stringMatching(/^0x[0-9a-f]{64}$/) as string,
    });
  });
});
