import { expect, it } from 'vitest';
import { loadOctopus, selectEngine } from './load.js';
import { NativeKernel, openAddon } from './native.js';

const broken = (): never => {
  throw new Error('no addon here');
};

it('takes the addon by default', async () => {
  const { engine, fallbackReason } = loadOctopus();
  expect(engine.kind).toBe('native');
  expect(fallbackReason).toBeUndefined();
  await engine.close();
});

it.each(['native', 'typescript'] as const)('takes the %s engine when told to', async (kind) => {
  const loaded = loadOctopus({ engine: kind });
  expect(loaded.engine.kind).toBe(kind);
  expect(loaded).not.toHaveProperty('fallbackReason');
  await loaded.engine.close();
});

it('falls back to TypeScript and says why', async () => {
  const { engine, fallbackReason } = selectEngine({}, broken);
  expect(engine.kind).toBe('typescript');
  expect(fallbackReason).toBe('no addon here');
  await engine.close();
});

it('says so when the best code path is not in use, and goes on with the next', async () => {
  const kernel = new NativeKernel(openAddon());
  Object.defineProperty(kernel, 'problem', { value: 'avx512 failed its self-test' });
  const { engine, fallbackReason } = selectEngine({}, () => kernel);
  expect(engine.kind).toBe('native');
  expect(fallbackReason).toBe('avx512 failed its self-test');
  await engine.close();
});

it('does not fall back from an instruction set that was asked for', () => {
  expect(() => loadOctopus({ isa: 'mmx' })).toThrow('mmx is not in this binary');
});

it('does not fall back from an addon that was asked for', () => {
  expect(() => selectEngine({ engine: 'native' }, broken)).toThrow('no addon here');
});
