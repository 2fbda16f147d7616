import { expect, it } from 'vitest';
import { LightCaches } from './light-caches.js';
import { cacheBytes } from './reference/sizes.js';

/** Builds caches on command: a cache is its stage's number. */
class FakeSource {
  readonly started: number[] = [];
  readonly ahead: number[] = [];
  /** Stages of each call. */
  readonly calls: number[][] = [];
  readonly released: number[] = [];
  readonly #finish = new Map<number, { resolve(cache: number): void; reject(error: Error): void }>();

  build(stages: readonly number[], ahead: boolean): Promise<number>[] {
    this.calls.push([...stages]);
    this.started.push(...stages);
    if (ahead) this.ahead.push(...stages);
    return stages.map(
      (stage) => new Promise((resolve, reject) => this.#finish.set(stage, { resolve, reject })),
    );
  }
  release(cache: number): void {
    this.released.push(cache);
  }
  /** A microtask later, because builds start with one. */
  finish(stage: number): void {
    queueMicrotask(() => this.#finish.get(stage)!.resolve(stage));
  }
  fail(stage: number): void {
    queueMicrotask(() => this.#finish.get(stage)!.reject(new Error(`no cache of stage ${stage}`)));
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const same = (cache: number): number => cache;

async function filled(...stages: number[]): Promise<{ source: FakeSource; caches: LightCaches<number> }> {
  const source = new FakeSource();
  const caches = new LightCaches(source);
  for (const stage of stages) {
    const used = caches.use(stage, same);
    await settled();
    source.finish(stage);
    await used;
  }
  return { source, caches };
}

it('builds a stage once, however many ask', async () => {
  const { source, caches } = await filled();
  const uses = [caches.use(7, same), caches.use(7, same), caches.use(7, same)];
  source.finish(7);
  expect(await Promise.all([...uses, caches.use(7, same)])).toEqual([7, 7, 7, 7]);
  expect(source.started).toEqual([7]);
});

it('lets a stage be used while another is built', async () => {
  const { source, caches } = await filled(1);
  const waiting = caches.use(2, same);
  expect(await caches.use(1, same)).toBe(1);
  source.finish(2);
  expect(await waiting).toBe(2);
});

it('keeps the three stages used last', async () => {
  const { source, caches } = await filled(1, 2, 3);
  await caches.use(1, same);
  const fourth = caches.use(4, same);
  source.finish(4);
  await fourth;
  await settled();
  expect(source.released).toEqual([2]);
  await Promise.all([caches.use(1, same), caches.use(3, same), caches.use(4, same)]);
  expect(source.started).toEqual([1, 2, 3, 4]);
});

it('frees no cache in use, but as soon as its use ends', async () => {
  const { source, caches } = await filled(1, 2, 3);
  const ends: (() => void)[] = [];
  const uses = [1, 2, 3].map((stage) => caches.use(stage, () => new Promise<void>((end) => ends.push(end))));
  const fourth = caches.use(4, () => new Promise<void>((end) => ends.push(end)));
  source.finish(4);
  await settled();
  expect(source.released).toEqual([]);
  ends[1]!();
  await settled();
  expect(source.released).toEqual([2]);
  for (const end of ends) end();
  await Promise.all([...uses, fourth]);
  expect(source.released).toEqual([2]);
});

it('builds anew after a build that failed, and tells all who waited', async () => {
  const { source, caches } = await filled();
  const uses = Promise.allSettled([caches.use(5, same), caches.use(5, same)]);
  source.fail(5);
  expect(await uses).toMatchObject([{ reason: { message: 'no cache of stage 5' } }, { status: 'rejected' }]);
  const again = caches.use(5, same);
  source.finish(5);
  expect(await again).toBe(5);
  expect(source.started).toEqual([5, 5]);
});

it('keeps the cache of a task that failed', async () => {
  const { source, caches } = await filled(1);
  await expect(caches.use(1, () => Promise.reject(new Error('task')))).rejects.toThrow('task');
  expect(await caches.use(1, same)).toBe(1);
  expect(source.started).toEqual([1]);
});

it('asks for the stages that are wanted together with one call, eight at a time', async () => {
  const { source, caches } = await filled();
  const wanted = Array.from({ length: 10 }, (_, stage) => stage);
  const uses = Promise.allSettled(wanted.map((stage) => caches.use(stage, same)));
  await settled();
  expect(source.calls).toEqual([[0, 1, 2, 3, 4, 5, 6, 7]]);
  source.fail(2);
  await settled();
  expect(source.calls.slice(1)).toEqual([[8]]);
  for (const stage of wanted.slice(0, 9)) source.finish(stage);
  await settled();
  source.finish(9);
  expect((await uses).map(({ status }) => status === 'fulfilled')).toEqual(
    wanted.map((stage) => stage !== 2),
  );
});

it('builds ahead once, without a lease, and never over stages in use', async () => {
  const { source, caches } = await filled(5);
  caches.buildAhead(6);
  caches.buildAhead(6);
  await settled();
  expect(source.ahead).toEqual([6]);
  expect(caches.stats()).toMatchObject({ stages: [5], building: [6] });
  source.finish(6);
  await settled();
  expect(caches.stats()).toMatchObject({ stages: [5, 6], building: [] });
  expect(await caches.use(6, same)).toBe(6);
  expect(source.started).toEqual([5, 6]);
});

it('takes a use for newer than a build ahead before it', async () => {
  const { source, caches } = await filled(4, 5);
  caches.buildAhead(6);
  await settled();
  source.finish(6);
  await settled();
  for (const stage of [5, 4]) await caches.use(stage, same);
  const used = caches.use(7, same);
  await settled();
  source.finish(7);
  await used;
  expect(source.released).toEqual([6]);
});

it('tells who uses a stage when its building ahead failed, and tries again', async () => {
  const { source, caches } = await filled();
  caches.buildAhead(6);
  await settled();
  const used = expect(caches.use(6, same)).rejects.toThrow('no cache of stage 6');
  source.fail(6);
  await used;
  const again = caches.use(6, same);
  await settled();
  source.finish(6);
  expect(await again).toBe(6);
});

it('keeps within its bytes: frees what is out of use first, and waits for the rest', async () => {
  const source = new FakeSource();
  const caches = new LightCaches(source, cacheBytes(1) + cacheBytes(2));
  let end: () => void = () => undefined;
  const first = caches.use(1, () => new Promise<void>((resolve) => (end = resolve)));
  const second = caches.use(2, same);
  await settled();
  expect(source.started).toEqual([1, 2]);
  source.finish(1);
  source.finish(2);
  await second;
  const third = caches.use(3, same);
  await settled();
  expect(source.released).toEqual([2]);
  // The third is a little larger than the second, so the first has to go, too.
  expect(source.started).toEqual([1, 2]);
  end();
  await first;
  await settled();
  expect(source.released).toEqual([2, 1]);
  expect(source.started).toEqual([1, 2, 3]);
  source.finish(3);
  expect(await third).toBe(3);
  expect(caches.stats()).toEqual({ stages: [3], building: [], cacheBytes: cacheBytes(3) });
});

it('builds a stage that alone is larger than its bytes', async () => {
  const source = new FakeSource();
  const caches = new LightCaches(source, 1);
  const used = caches.use(1, same);
  await settled();
  source.finish(1);
  expect(await used).toBe(1);
});

it('frees everything on close, and starts no build that waited', async () => {
  const { source, caches } = await filled(1);
  const wanted = Array.from({ length: 11 }, (_, i) => i + 2);
  const uses = Promise.allSettled(wanted.map((stage) => caches.use(stage, same)));
  await settled();
  let closed = false;
  const closing = caches.close().then(() => (closed = true));
  await settled();
  expect(closed).toBe(false);
  for (const stage of wanted.slice(0, 8)) source.finish(stage);
  const rejected = { reason: { message: 'the Octopus engine is closed' } };
  expect(await uses).toMatchObject([
    ...wanted.slice(0, 8).map((value) => ({ value })),
    rejected,
    rejected,
    rejected,
  ]);
  await Promise.all([closing, caches.close()]);
  await settled();
  expect(source.released.toSorted((a, b) => a - b)).toEqual([1, ...wanted.slice(0, 8)]);
  expect(source.started).toEqual([1, ...wanted.slice(0, 8)]);
  expect(caches.stats().cacheBytes).toBe(0);
});

it('gives a stage that is needed its bytes before one that is built ahead', async () => {
  const source = new FakeSource();
  const caches = new LightCaches(source, 1.5 * cacheBytes(0));
  caches.buildAhead(1);
  const used = caches.use(0, same);
  await settled();
  expect(source.started).toEqual([0]);
  source.finish(0);
  expect(await used).toBe(0);
  // There was no room beside it: it is built when it is used, and not over and over before.
  caches.buildAhead(1);
  await settled();
  expect(source.started).toEqual([0]);
  const next = caches.use(1, same);
  await settled();
  source.finish(1);
  expect(await next).toBe(1);
  expect(source.released).toEqual([0]);
});

it('makes no stage built ahead push out those in turn', async () => {
  const { source, caches } = await filled(0, 2, 4);
  for (const stage of [0, 2, 4, 0, 2, 4]) {
    await caches.use(stage, same);
    caches.buildAhead(stage + 1);
    await settled();
    for (const ahead of source.ahead.slice(source.released.length)) source.finish(ahead);
    await settled();
  }
  expect(source.started).toEqual([0, 2, 4, 1, 3, 5]);
  expect(source.released).toEqual([1, 3, 5]);
});

it('builds at once, at full speed, what was to be built ahead and is needed', async () => {
  const { source, caches } = await filled();
  caches.buildAhead(6);
  const used = caches.use(6, same);
  await settled();
  expect(source.ahead).toEqual([]);
  source.finish(6);
  expect(await used).toBe(6);
});

it('frees what was built ahead when it ends after close', async () => {
  const { source, caches } = await filled();
  caches.buildAhead(3);
  await settled();
  await caches.close();
  source.finish(3);
  await settled();
  expect(source.released).toEqual([3]);
  expect(caches.stats()).toEqual({ stages: [], building: [], cacheBytes: 0 });
});

it('hands on what a source throws instead of building', async () => {
  const source = {
    build: () => {
      throw new Error('no memory');
    },
    release: () => undefined,
  };
  const caches = new LightCaches<number>(source);
  await expect(caches.use(1, same)).rejects.toThrow('no memory');
  expect(caches.stats()).toEqual({ stages: [], building: [], cacheBytes: 0 });
  await expect(caches.use(1, same)).rejects.toThrow('no memory');
});
