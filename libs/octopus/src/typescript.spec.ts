// The TypeScript engine with its worker threads, on a cache that it built itself (stages 0 and 1, some 3.5 s each).
// Runs the compiled worker, so `npm run build` comes first: these tests fail without it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import vectors from '../../../test/vectors/octopus.json' with { type: 'json' };
import { OctopusEngine } from './engine.js';
import { openAddon } from './native.js';
import type { LightCache } from './reference/light-cache.js';
import { stageOf } from './reference/sizes.js';
import { TaskThread } from './task-thread.js';
import { TypeScriptKernel } from './typescript.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
const hex = (data: Uint8Array): string => '0x' + Buffer.from(data).toString('hex');
const rows = [
  ...vectors.real.map(({ problemHash, ...row }) => ({ ...row, headerHash: problemHash })),
  ...vectors.synthetic,
];

describe('the TypeScript engine', () => {
  const built = new Map<number, LightCache>();
  class RecordingKernel extends TypeScriptKernel {
    override build(stages: readonly number[]): Promise<LightCache>[] {
      const builds = super.build(stages);
      return builds.map(async (build, i) => {
        const cache = await build;
        built.set(stages[i]!, cache);
        return cache;
      });
    }
  }
  const engine = new OctopusEngine(new RecordingKernel());
  afterAll(() => engine.close());

  it('leaves the event loop free while it builds', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 20);
    const start = performance.now();
    await engine.prepare(0);
    clearInterval(timer);
    // A blocked loop would tick at most once.
    expect(ticks).toBeGreaterThan((performance.now() - start) / 100);
  });

  it('builds the same cache as the addon', async () => {
    const addon = openAddon();
    const { engine } = addon.open('', 1, 1, false, '');
    const [native = expect.unreachable()] = await Promise.all(addon.build(engine, [0], false));
    const words = addon.cacheWords(native);
    addon.release(native);
    addon.close(engine);
    const own = built.get(0)!.words;
    expect(own.length).toBe(words.length);
    expect(Buffer.compare(new Uint8Array(own.buffer), new Uint8Array(words.buffer))).toBe(0);
  });

  it.each([0, 1])('hashes as all vectors of stage %i say', async (stage) => {
    const ofStage = rows.filter(({ height }) => stageOf(height) === stage);
    expect(ofStage.length).toBeGreaterThan(10);
    for (const { height, headerHash, nonce, powHash } of ofStage) {
      expect(hex(await engine.hash(bytes(headerHash), BigInt(nonce), height))).toBe(powHash);
    }
  });

  it('searches across slices and beyond 2^64 - 1', async () => {
    const headerHash = new Uint8Array(32).fill(3);
    const start = 2n ** 64n - 9n;
    const hashes = [];
    for (let i = 0n; i < 20n; i++) hashes.push(hex(await engine.hash(headerHash, start + i, 0)));
    for (const boundary of hashes.map((hash) => BigInt(hash) + 1n)) {
      const index = hashes.findIndex((hash) => BigInt(hash) < boundary);
      const found = { nonce: BigInt.asUintN(64, start + BigInt(index)), hash: bytes(hashes[index]!) };
      const searched = await engine.search({ headerHash, height: 0, start, count: 20, boundary });
      expect(searched).toEqual({ tried: index + 1, found });
    }
    expect(await engine.search({ headerHash, height: 0, start, count: 20, boundary: 1n })).toEqual({
      tried: 20,
    });
  });

  it('rejects what runs when it is closed', async () => {
    const closing = new OctopusEngine(new TypeScriptKernel());
    const preparing = expect(closing.prepare(0)).rejects.toThrow('the Octopus worker thread ended');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await closing.close();
    await preparing;
    await expect(closing.hash(new Uint8Array(32), 0n, 0)).rejects.toThrow('closed');
  });
});

describe('a worker thread', () => {
  // Stands in for worker.ts: dies of a build, fails a search, answers a hash.
  const file = new URL(
    'data:text/javascript,' +
      encodeURIComponent(`
        import { parentPort } from 'node:worker_threads';
        parentPort.on('message', ({ id, name }) => {
          if (name === 'build') throw new Error('boom');
          if (name === 'search') parentPort.postMessage({ id, error: new RangeError('no') });
          else parentPort.postMessage({ id, result: new Uint8Array([id]) });
        });`),
  );
  const cache = { pages: 1, words: new Uint32Array(16) };
  const hash = { cache, headerHash: new Uint8Array(32), nonce: 0n };

  it('that dies rejects its tasks and is replaced by the next one', async () => {
    const thread = new TaskThread(file);
    expect(await thread.run('hash', hash)).toEqual(Uint8Array.of(1));
    const tasks = await Promise.allSettled([
      thread.run('build', { stage: 0 }),
      thread.run('build', { stage: 1 }),
    ]);
    const died = { reason: { message: 'the Octopus worker thread died: boom' } };
    expect(tasks).toMatchObject([died, died]);
    expect(await thread.run('hash', hash)).toEqual(Uint8Array.of(4));
    await thread.stop();
    await expect(thread.run('hash', hash)).rejects.toThrow('stopped');
  });

  it('passes on the error of a task and goes on', async () => {
    const thread = new TaskThread(file);
    const slice = { headerHash: new Uint8Array(32), start: 0n, count: 1, limit: new Uint8Array(32) };
    await expect(thread.run('search', { cache, slice })).rejects.toThrow(RangeError);
    expect(await thread.run('hash', hash)).toEqual(Uint8Array.of(2));
    await thread.stop();
  });

  it('keeps the process alive while it works, and not longer', async () => {
    const compiled = fileURLToPath(new URL('../../../dist/libs/octopus/src/', import.meta.url));
    const script = `
      import { TaskThread } from '${compiled}task-thread.js';
      const thread = new TaskThread(new URL('file://${compiled}worker.js'));
      const cache = { pages: 4, words: new Uint32Array(64) };
      const task = { cache, headerHash: new Uint8Array(32), nonce: 0n };
      const first = await thread.run('hash', task);
      const second = await thread.run('hash', task);
      console.log(first.length + second.length);`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 10_000,
    });
    expect((await run).stdout).toBe('64\n');
  });
});
