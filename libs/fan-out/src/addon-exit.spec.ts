// The environment ends while helper threads sleep: the process or worker ends as asked, and its helpers with it.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const HANG_MS = 25_000;
const loader = createRequire(import.meta.url).resolve('node-gyp-build');
const native = fileURLToPath(new URL('../native', import.meta.url));

/** For the main thread and for workers: the helpers of `sender` are there. */
const PRELUDE = `
  const { readdirSync, readFileSync } = require('node:fs');
  const { Worker, parentPort } = require('node:worker_threads');
  const { Sender } = require(${JSON.stringify(loader)})(${JSON.stringify(native)});
  const sockets = new Int32Array(64).fill(-1);
  const begin = (threads) => {
    const sender = new Sender(threads);
    sender.send(sockets, 64, new Uint8Array(1), new Int32Array(64));
    return sender;
  };
  const helpers = () => {
    let count = 0;
    for (const task of readdirSync('/proc/self/task')) {
      try {
        if (readFileSync('/proc/self/task/' + task + '/comm', 'utf8') === 'fan-out\\n') count += 1;
      } catch {} // It has just ended.
    }
    return count;
  };
  const until = async (count) => {
    while (helpers() !== count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  let sender = begin(3);
`;

function runNode(script: string, ...flags: string[]): Promise<{ code: number | string; output: string }> {
  return new Promise((resolve) => {
    const options = { timeout: HANG_MS, killSignal: 'SIGKILL' } as const;
    execFile(process.execPath, [...flags, '-e', PRELUDE + script], options, (error, out, err) => {
      resolve({ code: error ? (error.code ?? error.signal ?? 'unknown') : 0, output: out + err });
    });
  });
}

it('the process ends by itself', async () => {
  expect(await runNode(`until(2).then(() => console.log('two'))`)).toEqual({ code: 0, output: 'two\n' });
});

it('process.exit', async () => {
  expect(await runNode('until(2).then(() => process.exit(7))')).toEqual({ code: 7, output: '' });
});

it('process.exit right after the threads began', async () => {
  expect(await runNode('process.exit(7)')).toEqual({ code: 7, output: '' });
});

it('an uncaught error', async () => {
  expect((await runNode(`until(2).then(() => { throw new Error('x'); })`)).code).toBe(1);
});

it('helpers end with a worker that is terminated, one that exits, and one that throws', async () => {
  const kinds = ['setInterval(() => 0, 1000)', 'process.exit(3)', 'null.x'];
  const script = `
    (async () => {
      for (const kind of ${JSON.stringify(kinds)}) {
        for (let i = 0; i < 5; i++) {
          const code = ${JSON.stringify(PRELUDE)} + 'parentPort.postMessage(0);' + kind;
          const worker = new Worker(code, { eval: true });
          worker.on('error', () => {});
          const exited = new Promise((resolve) => worker.once('exit', resolve));
          if (kind.startsWith('set')) await new Promise((resolve) => worker.once('message', resolve));
          if (kind.startsWith('set')) await worker.terminate();
          await exited;
          await until(2);
        }
      }
      console.log('two');
    })();`;
  expect(await runNode(script)).toEqual({ code: 0, output: 'two\n' });
});

it('helpers end with a sender that nobody holds any more', async () => {
  const script = `
    (async () => {
      await until(2);
      sender = undefined;
      while (helpers() !== 0) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      console.log('none');
    })();`;
  expect(await runNode(script, '--expose-gc')).toEqual({ code: 0, output: 'none\n' });
});
