import { expect, it } from 'vitest';
import { echoFact } from './echo.js';

it('says how fast the machine answered before and after', () => {
  const [name, value] = echoFact([0.25, 0.31, 1.2], [0.2, 0.35, 15.04]);
  expect(name).toBe('bare echo of Node.js');
  expect(value).toBe(
    '0.310 / 1.20 ms before, 0.350 / 15.0 ms after (median / p99, each trip after 20 ms of rest)',
  );
});
