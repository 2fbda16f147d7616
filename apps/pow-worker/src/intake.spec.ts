import { describe, expect, it } from 'vitest';
import type { HashRequest } from '#libs/contracts';
import { EngineBusyError, STAGE_LENGTH, stageOf, type PowEngine } from '#libs/octopus';
import { Intake } from './intake.js';

const request = (over: Partial<HashRequest> = {}): HashRequest => ({
  algorithm: 'octopus',
  height: 1,
  headerHash: `0x${'00'.repeat(32)}`,
  nonce: '0x1',
  waitMs: 10_000,
  caller: 1,
  ...over,
});

/** An engine on paper: hashes and light caches end when the test says so. */
function paperEngine(threads = 1) {
  const hashes: { caller: object | undefined; end: () => void; fail: (error: Error) => void }[] = [];
  const builds: (() => void)[] = [];
  const ready = new Set<number>();
  const engine = {
    isReady: (height: number) => ready.has(stageOf(height)),
    stats: () => ({ threads }),
    hash: (_header: Uint8Array, _nonce: bigint, _height: number, caller?: object) =>
      new Promise<Uint8Array>((resolve, reject) =>
        hashes.push({ caller, end: () => resolve(new Uint8Array(32)), fail: reject }),
      ),
    prepare: (height: number) =>
      new Promise<void>((resolve) =>
        builds.push(() => {
          ready.add(stageOf(height));
          resolve();
        }),
      ),
  };
  return { engine: engine as unknown as PowEngine, hashes, builds };
}

async function readyIntake(maxInFlight?: number) {
  const paper = paperEngine();
  const intake = new Intake(paper.engine, maxInFlight);
  const prepared = intake.prepare(1);
  paper.builds.shift()?.();
  expect(await prepared).toEqual({ outcome: 'answered' });
  return { intake, ...paper };
}

describe('intake', () => {
  it('takes 32 hashes a thread unless told otherwise, and refuses the next at once', async () => {
    expect(new Intake(paperEngine(4).engine).maxInFlight).toBe(128);
    const { intake, hashes } = await readyIntake(2);
    const taken = [intake.hash(request()), intake.hash(request())];
    expect(await intake.hash(request())).toEqual({ outcome: 'busy', message: '2 hashes in flight' });
    for (const { end } of hashes) end();
    expect((await Promise.all(taken)).map(({ outcome }) => outcome)).toEqual(['answered', 'answered']);
    expect(intake.inFlight).toBe(0);
  });

  it('says in time that a hash is late, and counts it until the engine has done it', async () => {
    const { intake, hashes } = await readyIntake(1);
    expect((await intake.hash(request({ waitMs: 1 }))).outcome).toBe('late');
    expect((await intake.hash(request())).outcome).toBe('busy');
    hashes[0]?.end();
    await expect.poll(() => intake.inFlight).toBe(0);
  });

  it('refuses a stage that is not ready, and builds its light cache meanwhile, two at a time', async () => {
    const { engine, builds } = paperEngine();
    const intake = new Intake(engine);
    for (const stage of [0, 1, 2]) {
      const { outcome } = await intake.hash(request({ height: stage * STAGE_LENGTH }));
      expect(outcome).toBe('busy');
    }
    expect(builds).toHaveLength(2);
    expect(await intake.prepare(3 * STAGE_LENGTH)).toMatchObject({ outcome: 'busy' });
  });

  it('gives the engine one object for each caller', async () => {
    const { intake, hashes } = await readyIntake();
    for (const caller of [1, 2, 1]) void intake.hash(request({ caller }));
    const [first, second, third] = hashes;
    expect(first?.caller).toBe(third?.caller);
    expect(first?.caller).not.toBe(second?.caller);
    for (const { end } of hashes) end();
    await expect.poll(() => intake.inFlight).toBe(0);
    expect((intake as unknown as { callers: Map<number, object> }).callers.size).toBe(0);
  });

  it('tells a full engine from a broken one', async () => {
    const { intake, hashes } = await readyIntake();
    const [full, broken] = [intake.hash(request()), intake.hash(request())];
    hashes[0]?.fail(new EngineBusyError('full'));
    hashes[1]?.fail(new Error('broken'));
    expect((await full).outcome).toBe('busy');
    expect(await broken).toEqual({ outcome: 'failed', message: 'Error: broken' });
  });
});
