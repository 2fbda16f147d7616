import { expect, it } from 'vitest';
import { FairQueue } from './fair-queue.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('lets callers take turns and bounds what runs at a time', async () => {
  const queue = new FairQueue(() => 2);
  const [flooder, honest] = [{}, {}];
  const started: string[] = [];
  const finish: (() => void)[] = [];
  const add = (caller: object, name: string) =>
    queue.run(caller, () => {
      started.push(name);
      return new Promise<string>((resolve) => finish.push(() => resolve(name)));
    });
  const results = ['f1', 'f2', 'f3', 'f4', 'f5'].map((name) => add(flooder, name));
  results.push(add(honest, 'h1'));
  expect(started).toEqual(['f1', 'f2']);
  finish.shift()?.();
  await settled();
  finish.shift()?.();
  await settled();
  expect(started).toEqual(['f1', 'f2', 'f3', 'h1']);
  while (finish.length > 0) {
    finish.shift()?.();
    await settled();
  }
  expect(await Promise.all(results)).toEqual(['f1', 'f2', 'f3', 'f4', 'f5', 'h1']);
});

it('hands on a rejection and goes on', async () => {
  const queue = new FairQueue(() => 1);
  await expect(queue.run({}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await queue.run({}, () => Promise.resolve(5))).toBe(5);
});
