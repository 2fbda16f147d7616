import { expect, it } from 'vitest';
import { cpuSecondsOf } from './proc-stat.js';
import { cpuOf } from './machine.js';
import { median, quantile, spread } from './samples.js';

it('finds the middle of samples in any order', () => {
  expect(median([10, 9, 2])).toBe(9);
  expect(median([10, 1, 2, 4])).toBe(3);
  expect(median([])).toBeNaN();
  expect(spread([2, 1.25], 1)).toBe('2 rounds, 1.3 to 2.0');
  expect(spread([2], 1)).toBe('1 round');
});

it('takes quantiles by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(quantile(hundred, 0.5)).toBe(50);
  expect(quantile(hundred, 0.99)).toBe(99);
  expect(quantile([7], 0.99)).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
});

it('reads CPU time from /proc/<pid>/stat, whatever the command is called', () => {
  const stat = '42 (a (b) 1 2) S 1 42 42 0 -1 4194560 9 8 7 6 1234 66 5 5 20 0 11 0 7 8 9';
  expect(cpuSecondsOf(stat)).toBe(13);
  expect(() => cpuSecondsOf('42 (a) S 1')).toThrow('no CPU time');
});

it('reads model and flags from /proc/cpuinfo', () => {
  const cpuinfo = (flags: string): string =>
    `processor\t: 0\ncpu family\t: 6\nmodel\t\t: 143\nmodel name\t: Some CPU\nflags\t\t: fpu ${flags}\n\nprocessor\t: 1\n`;
  expect(cpuOf(cpuinfo('avx2'))).toEqual({
    model: 'Some CPU (family 6 model 143)',
    avx2: true,
    avx512: false,
  });
  expect(cpuOf(cpuinfo('avx512f avx512bw avx512dq avx512vl')).avx512).toBe(true);
});
