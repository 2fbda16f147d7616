import { expect, it } from 'vitest';
import { loadOctopus, selectEngine } from './load.js';

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
  const { engine, fallbackReason } = selectEngine('auto', broken);
  expect(engine.kind).toBe('typescript');
  expect(fallbackReason).toBe('no addon here');
  await engine.close();
});

it('does not fall back from an addon that was asked for', () => {
  expect(() => selectEngine('native', broken)).toThrow('no addon here');
});
