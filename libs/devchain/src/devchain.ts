/** Starts a real conflux-rust test chain in a child process and waits until its RPC answers. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chainConfig, type ChainOptions } from './chain-options.js';

export interface Devchain {
  readonly rpcUrl: string;
  readonly stratumPort: number;
  /** Settles when the process has ended, asked or not, with what it printed last. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

/** A node starts in 1 to 4 s; a loaded machine may take ten times as long. */
const START_DEADLINE_MS = 60_000;
const POLL_MS = 100;
/** What is kept of the node's output, for the error message. */
const KEPT_OUTPUT = 4000;

/** Rejects with a message that says what to install or mend when the node does not come up; `signal` gives up at once. */
export async function startDevchain(options: ChainOptions, signal?: AbortSignal): Promise<Devchain> {
  await mkdir(options.dataDir, { recursive: true });
  const configFile = `${options.dataDir}/devchain.toml`;
  await writeFile(configFile, chainConfig(options));
  const child = fork(processFile(), [configFile, options.dataDir], {
    cwd: options.dataDir,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output = collectOutput(child);
  const exited = once(child, 'exit').then(() => output());
  const rpcUrl = `http://127.0.0.1:${options.rpcPort}`;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const giveUp = new AbortController();
  const either = AbortSignal.any(signal ? [signal, giveUp.signal] : [giveUp.signal]);
  try {
    await Promise.race([
      untilAnswering(rpcUrl, either),
      exited.then((last) => Promise.reject(new Error(`the test node ended: ${explain(last)}`))),
    ]);
  } catch (error) {
    await stop();
    throw error;
  } finally {
    giveUp.abort();
  }
  return { rpcUrl, stratumPort: options.stratumPort, exited, stop };
}

/** Node runs no TypeScript, so from sources the compiled process file is taken: build first. */
function processFile(): string {
  const here = import.meta.url;
  const compiled = here.endsWith('.ts') ? here.replace('/libs/devchain/', '/dist/libs/devchain/') : here;
  return fileURLToPath(new URL('node-process.js', compiled));
}

function collectOutput(child: ChildProcess): () => string {
  let text = '';
  const add = (more: unknown): void => {
    text = (text + String(more)).slice(-KEPT_OUTPUT);
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  child.on('message', (message: { error: string }) => add(message.error));
  return () => text.trim();
}

async function untilAnswering(rpcUrl: string, giveUp: AbortSignal): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'cfx_getStatus', params: [] });
  const headers = { 'content-type': 'application/json' };
  while (Date.now() < deadline) {
    const signal = AbortSignal.any([giveUp, AbortSignal.timeout(1000)]);
    const reply = await fetch(rpcUrl, { method: 'POST', body, headers, signal }).catch(() => undefined);
    if (reply?.ok) return;
    await sleep(POLL_MS, undefined, { signal: giveUp });
  }
  throw new Error(`the test node's RPC at ${rpcUrl} did not answer within ${START_DEADLINE_MS / 1000} s`);
}

/** Debian's package for each library that the node's addon links to. */
const PACKAGES: Record<string, string> = {
  'libsqlite3.so.0': 'libsqlite3-0',
  'libssl.so.3': 'libssl3',
  'libcrypto.so.3': 'libssl3',
};

export function explain(output: string): string {
  const library = /(lib[\w+.-]+\.so[\w.]*): cannot open shared object file/.exec(output)?.[1];
  if (library !== undefined) {
    const name = PACKAGES[library];
    return `${library} is missing${name === undefined ? '' : `; install the package ${name} (apt-get install ${name})`}`;
  }
  if (/Cannot find module '@xcfx/.test(output)) {
    return 'the package @xcfx/node-linux-x64-gnu is not installed; it exists for Linux on x86-64 with glibc only';
  }
  return output === '' ? 'it printed nothing' : output;
}
