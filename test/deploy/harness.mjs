/** What the deployment checks stand on: counted checks, processes that never outlive them, one temporary folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const OUTPUT_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

const counts = { passed: 0, failed: 0 };
const running = new Set();

export const say = (text) => process.stdout.write(`${text}\n`);

/** Open to other users: the image's user reads its files here. */
export const TEMP = mkdtempSync(join(tmpdir(), 'bridge-deploy-'));
chmodSync(TEMP, 0o755);

/** One counted check. Returns what the body returned, or undefined when it failed. */
export async function check(name, body) {
  try {
    const result = await body();
    counts.passed += 1;
    say(`ok    ${name}`);
    return result;
  } catch (error) {
    counts.failed += 1;
    say(`FAIL  ${name}\n      ${String(error.message).trimEnd().replaceAll('\n', '\n      ')}`);
    return undefined;
  }
}

/** Runs the checks, then ends every process and removes the folder; the summary is the last line. */
export async function runChecks(body) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      cleanUp();
      process.exit(1);
    });
  }
  try {
    await body();
  } catch (error) {
    counts.failed += 1;
    say(`FAIL  ${error.stack}`);
  }
  cleanUp();
  say(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

function cleanUp() {
  for (const { pid } of running) killGroup(pid, 'SIGKILL');
  rmSync(TEMP, { recursive: true, force: true });
}

/** Each process leads a group of its own: npm and sh leave no children behind. */
function killGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}

/** Starts a process. Options as of spawn; the environment is only what is given. */
export function start([command, ...args], options) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options, detached: true });
  /** `all` has both in the order in which they came. */
  const output = { stdout: '', stderr: '', all: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      output[name] += text;
      output.all += text;
    });
  }
  if (child.pid !== undefined) running.add(child);
  // Of a command that cannot be started, the reason is its output.
  child.on('error', (error) => (output.stderr += error.message));
  const exited = new Promise((resolve) => {
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve(code ?? signal);
    });
  });
  return {
    output,
    exited,
    /** Until its output has the text. */
    async prints(text) {
      const deadline = Date.now() + OUTPUT_TIMEOUT_MS;
      while (!output.all.includes(text)) {
        const ended = child.exitCode !== null || child.signalCode !== null;
        if (ended || Date.now() > deadline)
          throw new Error(`${ended ? 'it ended' : 'time is up'} without "${text}":\n${tail(output.all)}`);
        await sleep(50);
      }
    },
    /** What Docker does to stop a container. Resolves to the exit code. */
    async stop() {
      killGroup(child.pid, 'SIGTERM');
      const timer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), STOP_TIMEOUT_MS);
      const code = await exited;
      clearTimeout(timer);
      return code;
    },
  };
}

/** Runs to the end. Resolves to the exit code (or the signal, after the time is up) and the output. */
export async function run(command, options, timeoutMs = 600_000) {
  const { output, exited, stop } = start(command, options);
  const timer = setTimeout(() => void stop(), timeoutMs);
  const code = await exited;
  clearTimeout(timer);
  return { code, ...output };
}

export const tail = (text) => text.trimEnd().split('\n').slice(-15).join('\n');

/** Ports that were free a moment ago, all different. */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
