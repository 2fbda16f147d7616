import { expect, it } from 'vitest';
import { addedTime } from './added-time.js';

const oneTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

it('takes from what the gateway adds what a bare relay adds, too', () => {
  const { job, submit, rows } = addedTime({
    jobs: { gateway: oneTo(100).map((ms) => ms * 4), relay: oneTo(100) },
    answers: {
      node: oneTo(200),
      gateway: oneTo(100).map((ms) => ms * 5),
      relay: oneTo(100).map((ms) => ms * 3),
    },
  });
  expect(job).toEqual([200, 396]);
  expect(submit).toEqual([150, 297]);
  expect(rows.map(({ name, value, unit, note }) => `${name}: ${value} ${unit}, ${note}`)).toEqual([
    'added to a job, median: 200 ms, 100 jobs, the same one at both',
    'added to a job, p99: 396 ms, 100 jobs, the same one at both',
    'bare relay: added to a job, median: 50 ms, 100 jobs, the same one at both',
    'bare relay: added to a job, p99: 99 ms, 100 jobs, the same one at both',
    'beyond a bare relay: added to a job, median: 150 ms, difference of medians',
    'beyond a bare relay: added to a job, p99: 297 ms, difference of p99',
    'valid submit at the node, median: 100 ms, 200 blocks',
    'valid submit at the node, p99: 198 ms, 200 blocks',
    'valid submit at the gateway, median: 250 ms, 100 blocks',
    'valid submit at the gateway, p99: 495 ms, 100 blocks',
    'valid submit at the bare relay, median: 150 ms, 100 blocks',
    'valid submit at the bare relay, p99: 297 ms, 100 blocks',
    'added to a valid submit, median: 150 ms, difference of medians',
    'added to a valid submit, p99: 297 ms, difference of p99',
    'bare relay: added to a valid submit, median: 50 ms, difference of medians',
    'bare relay: added to a valid submit, p99: 99 ms, difference of p99',
    'beyond a bare relay: added to a valid submit, median: 100 ms, difference of medians',
    'beyond a bare relay: added to a valid submit, p99: 198 ms, difference of p99',
  ]);
});
