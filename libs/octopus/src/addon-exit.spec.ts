// The environment ends while the addon has work under way: the process or worker ends as asked, without a crash or hang.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAddon } from './native.js';

const HANG_MS = 25_000;
const folder = mkdtempSync(join(tmpdir(), 'octopus-exit-'));
const loader = createRequire(import.meta.url).resolve('node-gyp-build');
const native = fileURLToPath(new URL('../native', import.meta.url));

beforeAll(async () => {
  // Leaves the file of stage 0, which later builds read at once.
  const addon = openAddon();
  const { engine } = addon.open('', 1, 1, false, folder);
  await addon.build(engine, [0], false)[0];
  await addon.build(engine, [0], false)[0];
  addon.close(engine);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** For the main thread and for workers: `addon`, and work of each kind. */
const PRELUDE = `
  const { Worker, isMainThread, parentPort } = require('node:worker_threads');
  const addon = require(${JSON.stringify(loader)})(${JSON.stringify(native)});
  const open = () => addon.open('', 2, 4096, false, ${JSON.stringify(folder)}).engine;
  const engine = open();
  const ready = Promise.all(addon.build(engine, [0], false));
  const zero = new Uint8Array(32);
  const work = {
    hash: ([cache]) => { for (let i = 0; i < 3; i++) addon.verify(engine, cache, new Uint8Array(104 * 3000), i); },
    search: ([cache]) => { addon.search(engine, cache, zero, 0n, 2 ** 53, zero); },
    build: () => { addon.build(engine, [5, 6, 7], false); addon.build(engine, [8], true); },
    settle: ([cache]) => {
      const again = () => addon.verify(engine, cache, new Uint8Array(104), 1).then(again);
      for (let i = 0; i < 64; i++) again();
    },
  };
`;

function runNode(script: string): Promise<{ code: number | string; output: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['-e', script],
      { timeout: HANG_MS, killSignal: 'SIGKILL' },
      (error, out, err) => {
        const code = error ? (error.code ?? error.signal ?? 'unknown') : 0;
        resolve({ code, output: out + err });
      },
    );
  });
}

const KINDS = ['hash', 'search', 'build', 'settle'];

describe.each(KINDS)('with %s under way', (kind) => {
  it('process.exit', async () => {
    const script = `${PRELUDE} ready.then((c) => { work.${kind}(c); setTimeout(() => process.exit(7), 30); });`;
    expect(await runNode(script)).toEqual({ code: 7, output: '' });
  });

  it('an uncaught error', async () => {
    const script = `${PRELUDE} ready.then((c) => { work.${kind}(c); setTimeout(() => { throw new Error('x'); }, 30); });`;
    expect((await runNode(script)).code).toBe(1);
  });

  it('a worker that is terminated, many times', async () => {
    const worker = `${PRELUDE} ready.then((c) => { work.${kind}(c); parentPort.postMessage(0); });`;
    const script = `
      ${PRELUDE}
      (async () => {
        const caches = await ready;
        const kept = addon.verify(engine, caches[0], new Uint8Array(104), 0);
        for (let i = 0; i < 12; i++) {
          const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
          if (i % 3 !== 0) await new Promise((resolve) => worker.once('message', resolve));
          await new Promise((resolve) => setTimeout(resolve, i * 2));
          await worker.terminate();
        }
        const again = await addon.verify(engine, caches[0], new Uint8Array(104), 0);
        if (Buffer.compare(again, await kept) === 0) process.exit(7);
      })();`;
    expect(await runNode(script)).toEqual({ code: 7, output: '' });
  });

  it('a worker that exits by itself, and the process while workers are busy', async () => {
    const exits = `${PRELUDE} ready.then((c) => { work.${kind}(c); setTimeout(() => process.exit(3), 5); });`;
    const stays = `${PRELUDE} ready.then((c) => { work.${kind}(c); parentPort.postMessage(0); });`;
    const script = `
      const { Worker } = require('node:worker_threads');
      const one = new Worker(${JSON.stringify(exits)}, { eval: true });
      one.once('exit', (code) => {
        if (code !== 3) process.exit(1);
        new Worker(${JSON.stringify(stays)}, { eval: true }).once('message', () => process.exit(7));
      });`;
    expect(await runNode(script)).toEqual({ code: 7, output: '' });
  });
});

it('a terminated worker leaves no cache behind', async () => {
  const worker = `${PRELUDE} ready.then((c) => { work.settle(c); work.search(c); parentPort.postMessage(0); });`;
  const script = `
    const { Worker } = require('node:worker_threads');
    const oneMore = async () => {
      const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
      await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
      return process.memoryUsage().rss;
    };
    (async () => {
      for (let i = 0; i < 4; i++) await oneMore();
      const before = await oneMore();
      for (let i = 0; i < 11; i++) await oneMore();
      const grown = await oneMore() - before;
      console.log(grown < 6 * 2 ** 24 ? 'no growth' : grown);
    })();`;
  expect(await runNode(script)).toEqual({ code: 0, output: 'no growth\n' });
});

it('the process ends by itself when all is done, though the engine is open', async () => {
  const script = `${PRELUDE} ready.then(([c]) => addon.verify(engine, c, new Uint8Array(104), 1)).then(() => console.log('done'));`;
  expect(await runNode(script)).toEqual({ code: 0, output: 'done\n' });
});
