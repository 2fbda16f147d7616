import { expect, it } from 'vitest';
import { formatRate } from './miner.js';
import { readMinerConfig } from './settings.js';

it('the flag goes before the environment', () => {
  expect(readMinerConfig({}).dataset).toBe('light');
  expect(readMinerConfig({ MINER_DATASET: 'full' }).dataset).toBe('full');
  expect(readMinerConfig({ MINER_DATASET: 'full' }, ['--dataset', 'light']).dataset).toBe('light');
  expect(readMinerConfig({}, ['--dataset=full']).dataset).toBe('full');
});

it.each<[string[], NodeJS.ProcessEnv, RegExp]>([
  [['--dataset', 'half'], {}, /^MINER_DATASET = half; accepted: /],
  [['--dataset'], {}, /accepted: --dataset light, --dataset full$/],
  [['--data'], {}, /accepted: --dataset light/],
  [['full'], {}, /accepted: --dataset light/],
  [['--dataset=full'], { POW_ALGORITHM: 'keccak-test' }, /accepted: light with POW_ALGORITHM = keccak-test/],
])('%s is refused', (flags, env, message) => {
  expect(() => readMinerConfig(env, flags)).toThrow(message);
});

it('rates', () => {
  expect([0, 999, 12345, 1234567].map(formatRate)).toEqual(['0 H/s', '999 H/s', '12.3 kH/s', '1.23 MH/s']);
});
