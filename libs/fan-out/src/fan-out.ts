// One native call for many sockets: finds, loads and tests the addon of ../native. Why it is worth an addon is in
// docs/bench/broadcast.md.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { availableParallelism, constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { idleDescriptor } from './idle-descriptor.js';

/** Sends the same bytes to many sockets. */
export interface FanOut {
  /**
   * Sends `bytes` once, without waiting, to each of the first `count` descriptors of `sockets`. `sent[i]` is then how
   * many bytes the kernel took of socket i, or the negative errno (-EAGAIN: nothing, its buffer is full). Throws
   * TypeError or RangeError for bad arguments.
   */
  send(sockets: Int32Array, count: number, bytes: Uint8Array, sent: Int32Array): void;
}

/** What ../native/addon.cpp exports. */
interface Addon {
  acknowledge(socket: number): number;
  readonly Sender: new (threads: number) => FanOut;
}

// This file runs as libs/fan-out/src/fan-out.ts or as dist/libs/fan-out/src/fan-out.js.
const ADDON_FOLDERS = ['../native', '../../../../libs/fan-out/native'];

/** A second thread took 1,000 sockets from 6.4 to 3.7 ms (docs/bench/broadcast.md); more were not measured. */
const DEFAULT_THREADS = Math.min(2, availableParallelism());

/**
 * `threads`, 1 to 64, counts the caller's; the others sleep between calls. Undefined with a reason where the addon is
 * not built or does not work here. Throws TypeError or RangeError for a bad number of threads.
 */
export function openFanOut(threads = DEFAULT_THREADS): {
  readonly fanOut: FanOut | undefined;
  readonly problem?: string;
} {
  let addon: Addon;
  try {
    addon = openAddon();
  } catch (error) {
    return { fanOut: undefined, problem: (error as Error).message };
  }
  return { fanOut: new addon.Sender(threads) };
}

/**
 * What acknowledges at once all that a connection has received; nothing where that cannot be done. A peer that sends with
 * Nagle's algorithm, as conflux-rust does, keeps its next line back until the last one is acknowledged, and the kernel of
 * who has just sent something himself takes 40 ms for that.
 */
export function openAcknowledge(): (stream: Socket) => void {
  let addon: Addon;
  try {
    addon = openAddon();
  } catch {
    return () => undefined;
  }
  return (stream) => {
    const descriptor = idleDescriptor(stream);
    // That it cannot be done costs time, nothing else.
    if (descriptor !== undefined) addon.acknowledge(descriptor);
  };
}

/** Throws Error when the addon is not built, does not load or does something wrong. */
export function openAddon(folders: readonly string[] = ADDON_FOLDERS): Addon {
  const require = createRequire(import.meta.url);
  const load = require('node-gyp-build') as (folder: string) => Addon;
  const candidates = folders.map((folder) => fileURLToPath(new URL(folder, import.meta.url)));
  const folder = candidates.find((candidate) => existsSync(candidate));
  if (folder === undefined) throw new Error(`the fan-out addon is in none of ${candidates.join(', ')}`);
  const addon = load(folder);
  testFanOut(new addon.Sender(1));
  return addon;
}

/** Throws Error unless it says of a bad descriptor that it is one. */
export function testFanOut(fanOut: FanOut): void {
  const sent = new Int32Array(1);
  fanOut.send(Int32Array.of(-1), 1, new Uint8Array(1), sent);
  if (sent[0] !== -constants.errno.EBADF) throw new Error('the fan-out addon failed its self-test');
}
