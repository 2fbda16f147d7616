/** Several pow-workers, each a process of its own, that are killed, hang and come back. No verdict is lost with them. */
import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { filter, firstValueFrom, timeout } from 'rxjs';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ConfluxWork, Hash32, Nonce } from '#libs/mining';
import { loadOctopus } from '#libs/octopus';
import { freePorts } from '#libs/testkit';
import { PowService } from '../../apps/stratum-gateway/src/evaluator/pow-service.js';
import { GatewayEvents, type GatewayEvent } from '../../apps/stratum-gateway/src/events.js';
import { logEvents } from '../../apps/stratum-gateway/src/event-log.js';
import { gatewayConfig, logger, natsServer, workerProcess, type WorkerProcess } from './world.js';

const EVENT_TIMEOUT_MS = 60_000;
const NONCES = Array.from({ length: 32 }, (_, index) => BigInt(index));
const WORK: ConfluxWork = {
  key: 'work',
  lineage: '',
  source: '',
  height: 1,
  networkTarget: 1n,
  receivedAt: 0,
  headerHash: `0x${'17'.repeat(32)}` as Hash32,
  sourceJobId: '',
};

/** What each nonce's hash is, by an engine of this test's own. */
let rightValues: bigint[];

beforeAll(async () => {
  const { engine } = loadOctopus();
  const header = Buffer.from(WORK.headerHash.slice(2), 'hex');
  rightValues = await Promise.all(
    NONCES.map(async (nonce) =>
      BigInt(`0x${Buffer.from(await engine.hash(header, nonce, WORK.height)).toString('hex')}`),
    ),
  );
  await engine.close();
});

/** The gateway's proof of work alone, with its first job there. */
function powFor(env: NodeJS.ProcessEnv) {
  const events = new GatewayEvents();
  logEvents(events, logger);
  const texts: string[] = [];
  events.stream$.subscribe((event) => texts.push(textOf(event)));
  const pow = new PowService(gatewayConfig({ UPSTREAMS: 'stratum://127.0.0.1:1', ...env }), events);
  onTestFinished(() => pow.stop());

  /** Resolves with the first event from now on whose text has it. */
  const says = (part: string): Promise<string> =>
    firstValueFrom(
      events.stream$.pipe(
        filter((event) => textOf(event).includes(part)),
        timeout(EVENT_TIMEOUT_MS),
      ),
    ).then(textOf);

  /** Every share has its right verdict; how long the last one took is printed. `onFirst` runs at the first verdict. */
  const checkAll = async (onFirst?: () => void): Promise<void> => {
    const startedAt = performance.now();
    let first = true;
    const values = await Promise.all(
      NONCES.map(async (nonce) => {
        const share = { worker: 'w', workKey: WORK.key, jobId: '', nonce: nonce as Nonce };
        const { value } = await pow.evaluator.evaluate(WORK, share, {});
        if (first) onFirst?.();
        first = false;
        return value;
      }),
    );
    const tookMs = Math.round(performance.now() - startedAt);
    expect(values).toEqual(rightValues);
    console.log(`${expect.getState().currentTestName ?? ''}: ${NONCES.length} verdicts within ${tookMs} ms`);
  };
  const start = (): void => pow.start({ onWork: (listener) => listener(WORK) });
  return { pow, texts, says, checkAll, start };
}

/** A machine under load may miss a deadline and go elsewhere, so the shares are repeated until each worker had as many. */
async function untilEach(workers: readonly WorkerProcess[], count: number, check: () => Promise<unknown>) {
  const before = await Promise.all(workers.map(answered));
  const more = async (): Promise<number> => {
    await check();
    const after = await Promise.all(workers.map(answered));
    return Math.min(...after.map((total, index) => total - (before[index] ?? 0)));
  };
  // In this time the gateway, which looks after each worker every two seconds, asks for ten hashes at most.
  await expect.poll(more, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
}

/** A machine under load may lose a worker for a moment and find it again; but no loss is told twice. */
function expectSaidOncePerChange(texts: readonly string[], lost: string): void {
  const worker = lost.replace(/ does not answer$/, '');
  const losses = texts.filter((text) => text.startsWith(worker)).map((text) => text.startsWith(lost));
  expect(losses).toContain(true);
  expect(losses.some((isLoss, index) => isLoss && losses[index + 1] === true)).toBe(false);
}

const textOf = (event: GatewayEvent): string => (event.type === 'evaluator' ? event.text : '');

const answered = (worker: WorkerProcess): Promise<number> =>
  worker.metric('pow_requests_total{outcome="answered"}');

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

describe('over TCP', () => {
  async function twoWorkers(first: NodeJS.ProcessEnv = {}) {
    const workers = await Promise.all([workerProcess(first), workerProcess()]);
    const world = powFor({ POW_TRANSPORT: 'tcp', POW_TCP: workers.map(({ tcp }) => tcp).join(',') });
    const both = world.says('in 2 of 2 pow-workers');
    world.start();
    await both;
    return { workers, ...world };
  }

  it('two workers share the load', async () => {
    const { workers, checkAll } = await twoWorkers();
    await untilEach(workers, NONCES.length, checkAll);
  });

  it('a worker killed in mid-request costs no verdict, and is used again when it is back', async () => {
    const { workers, checkAll, says, texts } = await twoWorkers();
    const [doomed] = workers;
    const lost = `pow-worker ${doomed.tcp} does not answer`;
    const gone = says(lost);
    await checkAll(() => doomed.process.kill('SIGKILL'));
    expect(await gone).toMatch(/: shares are checked in /);
    await checkAll();
    expectSaidOncePerChange(texts, lost);

    const back = says('in 2 of 2 pow-workers');
    const again = await workerProcess({ POW_TCP: doomed.tcp });
    await back;
    await untilEach([again], NONCES.length, checkAll);
  });

  it('a worker that hangs costs no verdict, delays nobody twice, and is used again when it goes on', async () => {
    const { workers, checkAll, says, texts } = await twoWorkers();
    const [hung] = workers;
    const lost = `pow-worker ${hung.tcp} does not answer`;
    hung.process.kill('SIGSTOP');
    const silent = says(lost);
    await checkAll();
    expect(await silent).toMatch(/\(no answer within \d+ ms\)/);
    await checkAll();
    expectSaidOncePerChange(texts, lost);

    const back = says('in 2 of 2 pow-workers');
    hung.process.kill('SIGCONT');
    await back;
    await untilEach([hung], NONCES.length, checkAll);
  });

  it('with the last worker gone shares are checked here, with the light cache in place', async () => {
    const worker = await workerProcess();
    const { says, start, checkAll, pow } = powFor({ POW_TRANSPORT: 'tcp', POW_TCP: worker.tcp });
    const up = says('in 1 of 1 pow-workers');
    start();
    await up;
    await expect.poll(() => pow.state).toBe('ready');
    const gone = says('), 0 of 1 pow-workers answer');
    await killed(worker.process);
    await gone;
    await checkAll();
  });

  it('a busy worker sends its requests elsewhere and stays in use', async () => {
    const { workers, checkAll } = await twoWorkers({ POW_MAX_IN_FLIGHT: '1' });
    const [busy] = workers;
    // While it built its light cache it was busy, too.
    const refused = (): Promise<number> => busy.metric('pow_requests_total{outcome="busy"}');
    const before = await refused();
    await untilEach([busy], NONCES.length, checkAll);
    expect(await refused()).toBeGreaterThan(before);
  });

  it('a gateway whose workers are not there yet says so once, and takes them when they come', async () => {
    const [port = 0] = await freePorts(1);
    const tcp = `127.0.0.1:${port}`;
    const { says, start, checkAll, texts } = powFor({ POW_TRANSPORT: 'tcp', POW_TCP: tcp });
    const warnings = (): string[] => texts.filter((text) => text.includes('does not answer'));
    const missing = says('does not answer');
    start();
    expect(await missing).toContain('ECONNREFUSED');
    await checkAll();
    const there = says('in 1 of 1 pow-workers');
    await workerProcess({ POW_TCP: tcp });
    await there;
    expect(warnings()).toHaveLength(1);
  });
});

describe('over NATS', () => {
  async function twoWorkers() {
    const server = await natsServer();
    onTestFinished(server.stop);
    const env = { POW_TRANSPORT: 'nats', NATS_URL: server.url };
    const workers = await Promise.all([workerProcess(env), workerProcess(env)]);
    const world = powFor(env);
    const up = world.says('in the pow-workers behind NATS');
    world.start();
    await up;
    // Of a group the gateway knows that somebody is ready; the other may still build its light cache.
    for (const worker of workers)
      await expect.poll(() => answered(worker), { timeout: 20_000 }).toBeGreaterThan(0);
    return { env, server, workers, ...world };
  }

  it('two workers share the load', async () => {
    const { workers, checkAll } = await twoWorkers();
    const total = async (): Promise<number> =>
      (await Promise.all(workers.map(answered))).reduce((sum, count) => sum + count);
    const before = await total();
    await checkAll();
    // Each share was hashed by one of them; a few more are the gateway looking after the group.
    expect((await total()) - before).toBeLessThan(NONCES.length * 1.5);
    await untilEach(workers, NONCES.length, checkAll);
  });

  it('a worker killed in mid-request costs no verdict; the group is used again without it', async () => {
    const { workers, checkAll, says } = await twoWorkers();
    const [doomed, other] = workers;
    // Stopped, it has requests for certain when it is killed.
    doomed.process.kill('SIGSTOP');
    const gone = says('does not answer');
    const back = says('answers: shares are checked in the pow-workers behind NATS');
    const checking = checkAll();
    await killed(doomed.process);
    await checking;
    expect(await gone).toMatch(/\(no answer within \d+ ms\): shares are checked in this process/);
    await back;
    await untilEach([other], NONCES.length, checkAll);
  });

  it('a worker that hangs costs no verdict; the group waits until all of it answers', async () => {
    const { workers, checkAll, says } = await twoWorkers();
    const [hung] = workers;
    const silent = says('does not answer');
    hung.process.kill('SIGSTOP');
    await checkAll();
    await silent;
    await checkAll();
    const back = says('answers: shares are checked in the pow-workers behind NATS');
    hung.process.kill('SIGCONT');
    await back;
    await checkAll();
  });

  it('without its NATS server the gateway goes on, the worker says so, and both find it again', async () => {
    const { workers, server, checkAll, says } = await twoWorkers();
    const gone = says('does not answer');
    await server.stop();
    expect(await gone).toContain('the connection was lost');
    await checkAll();
    const [worker] = workers;
    await expect.poll(async () => (await worker.health()).report.state).toBe('disconnected');
    expect((await worker.health()).status).toBe(503);
    const back = says('answers');
    onTestFinished((await natsServer(server.port)).stop);
    await back;
    await expect.poll(async () => (await worker.health()).status).toBe(200);
  });
});

it('a worker tells its health and its metrics', async () => {
  const worker = await workerProcess();
  const { checkAll, says, start } = powFor({ POW_TRANSPORT: 'tcp', POW_TCP: worker.tcp });
  const up = says('in 1 of 1 pow-workers');
  start();
  await up;
  await untilEach([worker], NONCES.length, checkAll);
  await expect.poll(async () => (await worker.health()).report.inFlight).toBe(0);
  const { status, report } = await worker.health();
  expect(status).toBe(200);
  expect(report).toMatchObject({ state: 'ready', algorithm: 'octopus', inFlight: 0 });
  expect(report.threads).toBeGreaterThan(0);
  expect(report.maxInFlight).toBe(32 * report.threads);
  for (const name of ['pow_queue_depth', 'pow_in_flight', 'pow_hashes_total', 'pow_hash_rate', 'pow_threads'])
    expect(await worker.metric(name), name).toBeGreaterThanOrEqual(0);
  expect(await worker.metric('pow_request_seconds_count')).toBeGreaterThanOrEqual(NONCES.length);
});
