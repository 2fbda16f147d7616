import { expect, it } from 'vitest';
import { LightCaches } from './light-caches.js';

/** Builds caches on command: a cache is its stage's number. */
class FakeSource {
  readonly started: number[] = [];
  readonly released: number[] = [];
  readonly #finish = new Map<number, { resolve(cache: number): void; reject(error: Error): void }>();

  build(stage: number): Promise<number> {
    this.started.push(stage);
    return new Promise((resolve, reject) => this.#finish.set(stage, { resolve, reject }));
  }
  release(cache: number): void {
    this.released.push(cache);
  }
  finish(stage: number): void {
    this.#finish.get(stage)!.resolve(stage);
  }
  fail(stage: number): void {
    this.#finish.get(stage)!.reject(new Error(`no cache of stage ${stage}`));
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const same = (cache: number): number => cache;

async function filled(...stages: number[]): Promise<{ source: FakeSource; caches: LightCaches<number> }> {
  const source = new FakeSource();
  const caches = new LightCaches(source);
  for (const stage of stages) {
    const used = caches.use(stage, same);
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

it('runs two builds at a time, the others in turn', async () => {
  const { source, caches } = await filled();
  const uses = Promise.allSettled([1, 2, 3, 4].map((stage) => caches.use(stage, same)));
  await settled();
  expect(source.started).toEqual([1, 2]);
  source.fail(2);
  await settled();
  expect(source.started).toEqual([1, 2, 3]);
  for (const stage of [1, 3]) source.finish(stage);
  await settled();
  source.finish(4);
  expect(await uses).toMatchObject([{ value: 1 }, { status: 'rejected' }, { value: 3 }, { value: 4 }]);
});

it('frees everything on close, and starts no build that waited', async () => {
  const { source, caches } = await filled(1);
  const uses = Promise.allSettled([2, 3, 4, 5, 6].map((stage) => caches.use(stage, same)));
  await settled();
  caches.close();
  source.finish(2);
  source.finish(3);
  const rejected = { reason: { message: 'the Octopus engine is closed' } };
  expect(await uses).toMatchObject([{ value: 2 }, { value: 3 }, rejected, rejected, rejected]);
  await settled();
  expect(source.released.toSorted()).toEqual([1, 2, 3]);
  expect(source.started).toEqual([1, 2, 3]);
});
