// Anything at all as arguments of every function that the addon exports: it throws an Error or answers, and goes on to
// hash as before. OCTOPUS_SEED repeats a run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NativeMiner } from './full-miner.js';
import { openAddon, type NativeCache, type NativeEngine } from './native.js';
import { packHash } from './packed.js';

const CALLS_PER_FUNCTION = 800;
const ITEM_BYTES = 104;

const addon = openAddon();
const untyped = addon as unknown as Record<string, (...given: unknown[]) => unknown>;
const seed = Number(process.env['OCTOPUS_SEED'] ?? Date.now() % 2 ** 31);
const folder = mkdtempSync(join(tmpdir(), 'octopus-fuzz-'));
const share = packHash(new Uint8Array(32).fill(9), 77n);

let state = seed;
/** Mulberry32: from 0 to limit - 1. */
function below(limit: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % limit;
}
const any = <T>(values: readonly T[]): T => values[below(values.length)]!;

let engine: NativeEngine;
let cache: NativeCache;
let expected: Uint8Array;
let engines: NativeEngine[] = [];
let caches: NativeCache[] = [];
let miners: NativeMiner[] = [];
let pending: Promise<unknown>[] = [];
const openOne = () => addon.open('', 1, 64, false, folder).engine;
const cacheFrom = (from: NativeEngine) => addon.build(from, [0], false)[0]!;

beforeAll(async () => {
  engine = openOne();
  cache = await cacheFrom(engine);
  expected = await addon.verify(engine, cache, share, 0);
});

afterAll(() => {
  addon.close(engine);
  rmSync(folder, { recursive: true });
});

function detached(): Uint8Array {
  const bytes = new Uint8Array(32);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

/** A view whose buffer shrank under it. */
function shrunk(): Uint8Array {
  const Resizable = ArrayBuffer as unknown as new (
    bytes: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(bytes: number): void };
  const buffer = new Resizable(ITEM_BYTES, { maxByteLength: 4096 });
  const bytes = below(2) === 0 ? new Uint8Array(buffer) : new Uint8Array(buffer, 0, 32);
  buffer.resize(any([0, 8, 4096]));
  return bytes;
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}

/** An array whose element does something when it is read. */
function trapped(read: (array: unknown[]) => unknown): unknown[] {
  const array: unknown[] = [0];
  Object.defineProperty(array, 0, { get: () => read(array) });
  return array;
}

class Liar extends Uint8Array {
  override get length(): number {
    return 2 ** 31;
  }
  override get byteLength(): number {
    return 2 ** 31;
  }
}

const huge = new Uint8Array(2 ** 31);
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  1.5,
  Number.NaN,
  Infinity,
  -Infinity,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  1e300,
];
const BIGINTS = [0n, 1n, -1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, -(2n ** 64n), 2n ** 4096n];
const STRINGS = ['', 'scalar', 'avx2', '\0', '\ud800', '/dev/null', 'x'.repeat(1 << 20), '0'];
const anything: (() => unknown)[] = [
  () => undefined,
  () => null,
  () => any([true, false]),
  () => any(NUMBERS),
  () => any(BIGINTS),
  () => any(STRINGS),
  () => Symbol('x'),
  () => any<unknown>([{}, [], () => 1, new Date(0), /x/, new Map(), globalThis, Promise.resolve(1)]),
  () =>
    new (any<new (length: number) => unknown>([
      Uint16Array,
      Float64Array,
      BigUint64Array,
      Uint8ClampedArray,
    ]))(32),
  () => new Uint8Array(any([0, 1, 31, 32, 33, 103, 104, 105, 135, 136, 208])),
  () => new Uint8Array(ITEM_BYTES * 16_385),
  () => huge,
  () => Buffer.alloc(any([0, 32, ITEM_BYTES])),
  () => new Uint8Array(new SharedArrayBuffer(any([0, 32, ITEM_BYTES]))),
  () => new Uint8Array(new ArrayBuffer(256), 3, any([0, 32, ITEM_BYTES])),
  () => new DataView(new ArrayBuffer(32)),
  () => new ArrayBuffer(32),
  () => new Liar(any([0, 32, ITEM_BYTES])),
  detached,
  shrunk,
  revoked,
  () => new Proxy(new Uint8Array(32), {}),
  () => new Proxy([0], {}),
  () => new Proxy(engine, {}),
  () => Object.create(cache) as unknown,
  () => ({ valueOf: () => 1, toString: () => 'scalar', length: 1, 0: 0 }),
  () => new Array<number>(2 ** 32 - 1),
  () => Array.from({ length: below(70) }, () => any([...NUMBERS, 16128, 16129])),
  () => trapped(() => any([...NUMBERS, {}, '0'])),
  () =>
    trapped(() => {
      throw new Error('from a getter');
    }),
  () => trapped((array) => (array.length = 0)),
  () => trapped((array) => array.push(0) && 0),
  () =>
    trapped(() => {
      addon.close(any(engines));
      return 0;
    }),
  () => any(engines),
  () => any(caches),
  () => any(miners),
  () => engine,
  () => cache,
];

const anEngine = () => any(engines);
const aCache = () => any([cache, ...caches]);
const aMiner = () => any(miners);
const aHash = () => new Uint8Array(32).fill(below(256));
/** What is accepted, by function; each argument is now and then replaced by anything. */
const accepted: Record<keyof typeof addon, (() => unknown)[]> = {
  keccak256: [() => new Uint8Array(below(136))],
  sizes: [() => below(16_129)],
  isas: [],
  open: [
    () => any(['', ...addon.isas()]),
    () => 1 + below(3),
    () => 1 + below(9),
    () => below(2) === 0,
    () => folder,
  ],
  verify: [anEngine, aCache, () => new Uint8Array(ITEM_BYTES * below(5)), () => below(5)],
  search: [anEngine, aCache, aHash, () => any(BIGINTS), () => any([0, 1, 5, 2 ** 53]), aHash],
  build: [
    anEngine,
    () => Array.from({ length: below(4) }, () => any([0, 0, 3, 16_128])),
    () => below(2) === 0,
  ],
  stats: [anEngine],
  close: [anEngine],
  release: [() => any(caches)],
  cacheWords: [aCache],
  fullOpen: [() => any(['', ...addon.isas()]), () => 1 + below(3), () => below(2) === 0],
  fullMemory: [() => below(16_129)],
  // A stage that no memory holds: nothing is built even when all its pages are asked for.
  fullBuild: [aMiner, () => 16_128, () => 1 + below(100)],
  fullStatus: [aMiner],
  fullWork: [aMiner, () => below(9), aHash, aHash, () => any(BIGINTS)],
  fullPause: [aMiner],
  fullTake: [aMiner],
  fullClose: [aMiner],
};

/** Some engines and caches, of each one that is closed or released. */
async function begin(): Promise<void> {
  engines = [openOne(), openOne(), openOne()];
  caches = await Promise.all([cacheFrom(engines[0]!), cacheFrom(engines[1]!)]);
  miners = [1, 2].map((threads) => addon.fullOpen('', threads, false).miner);
  addon.fullClose(miners[0]!);
  addon.release(caches[0]!);
  addon.close(engines[0]!);
}

/** Closing ends what runs; no promise may stay behind. */
async function end(): Promise<void> {
  engines.forEach((one) => addon.close(one));
  miners.forEach((one) => addon.fullClose(one));
  for (const outcome of await Promise.allSettled(pending)) {
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(Error);
  }
  pending = [];
}

function call(name: keyof typeof addon): void {
  const given = accepted[name].map((valid) => (below(4) === 0 ? any(anything) : valid)());
  if (below(10) === 0) given.length = below(given.length + 1);
  if (below(10) === 0) given.push(any(anything)());
  // Neither of these two may be gone when the next round compares hashes.
  if ((name === 'close' || name === 'release') && (given[0] === engine || given[0] === cache)) return;
  let answer: unknown;
  try {
    answer = untyped[name]!(...given);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return;
  }
  const waits = (Array.isArray(answer) ? answer : [answer]).filter((one) => one instanceof Promise);
  waits.forEach((one) => one.catch(() => undefined));
  pending.push(...waits);
  // What runs for seconds, or for ever, is ended by closing.
  if (waits.length > 0 && name !== 'verify') {
    const used = given[0] as NativeEngine;
    addon.close(used);
    if (used === engine) engine = openOne();
  }
  // Zero pages mean all of them: gigabytes.
  if (name === 'fullBuild' && answer === true) addon.fullClose(given[0] as NativeMiner);
  if (name === 'fullOpen') miners.push((answer as { miner: NativeMiner }).miner);
  if (name === 'open') engines.push((answer as { engine: NativeEngine }).engine);
}

it.each(Object.keys(accepted) as (keyof typeof addon)[])(
  `%s with anything, OCTOPUS_SEED=${seed}`,
  async (name) => {
    const calls = name === 'cacheWords' ? CALLS_PER_FUNCTION / 10 : CALLS_PER_FUNCTION;
    for (let done = 0; done < calls;) {
      await begin();
      for (let k = 0; k < 50 && engines.length + miners.length < 20; k++, done++) call(name);
      await end();
      expect(await addon.verify(engine, cache, share, 0)).toEqual(expected);
    }
  },
);

it('an array of stages that grows while it is read', async () => {
  const array = trapped((grows) => {
    grows.push(...Array<number>(1000).fill(0));
    return 0;
  });
  const one = openOne();
  const builds = addon.build(one, array as number[], false);
  addon.close(one);
  expect(builds).toHaveLength(1);
  await Promise.allSettled(builds);
});

it('an element that cannot be read', () => {
  const array = trapped(() => {
    throw new RangeError('from a getter');
  });
  expect(() => addon.build(engine, array as number[], false)).toThrow('from a getter');
});
