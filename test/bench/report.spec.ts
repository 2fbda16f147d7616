import { expect, it } from 'vitest';
import { format, renderMarkdown, renderText, type Report } from './report.js';

const report: Report = {
  title: 'Measured',
  about: 'By hand.',
  facts: [['CPU', 'a fast one']],
  sections: [
    {
      title: 'Kernels',
      about: 'How.',
      rows: [
        { name: 'avx2', value: 150.4, unit: 'us', ratio: 32.04, note: '5 rounds' },
        { name: 'reference', value: 4812, unit: 'us' },
      ],
    },
  ],
  figures: [
    { name: 'good', atLeast: 6, aim: 9, reached: 9 },
    { name: 'fair', atLeast: 6, aim: 9, reached: 6.5 },
    { name: 'bad', atLeast: 6, aim: 9, reached: 5.994 },
    { name: 'left out', atLeast: 6, aim: 9, reached: undefined },
  ],
};

it.each<[number, string]>([
  [0, '0'],
  [0.012_34, '0.0123'],
  [4.8749, '4.87'],
  [9.999, '10.0'],
  [99.96, '100'],
  [5984, '5,980'],
  [NaN, '–'],
])('writes %d with three digits', (value, text) => {
  expect(format(value)).toBe(text);
});

it('renders a terminal table', () => {
  expect(renderText(report)).toBe(
    [
      'CPU: a fast one',
      '',
      'Kernels',
      '  what       value  unit  x node  note',
      '  avx2         150  us     32.0x  5 rounds',
      '  reference  4,810  us',
      '',
      '  figure    reached  at least    aim  so',
      '  good        9.00x     6.00x  9.00x  aim reached',
      '  fair        6.50x     6.00x  9.00x  reached',
      '  bad         5.99x     6.00x  9.00x  not reached',
      '  left out        –     6.00x  9.00x  not measured',
      '',
    ].join('\n'),
  );
});

it('renders markdown tables as prettier would leave them', () => {
  expect(renderMarkdown(report)).toContain(
    [
      '| what      | value | unit | x node | note     |',
      '| --------- | ----: | ---- | -----: | -------- |',
      '| avx2      |   150 | us   |  32.0x | 5 rounds |',
      '| reference | 4,810 | us   |        |          |',
      '',
    ].join('\n'),
  );
});

it('shows the node beside figures that have units, where less may be better', () => {
  const figures = [
    { name: 'connections', unit: '', atLeast: 10_000, aim: 16_000, reached: 12_000, node: 1024 },
    { name: 'fast', unit: 'ms', less: true, atLeast: 200, aim: 100, reached: 70 },
    { name: 'slow', unit: 'ms', less: true, atLeast: 50, aim: 5, reached: 51 },
  ];
  expect(renderText({ ...report, facts: [], sections: [], figures })).toContain(
    [
      '  figure        node  reached  at least      aim  so',
      '  connections  1,024   12,000    10,000   16,000  reached',
      '  fast             –  70.0 ms    200 ms   100 ms  aim reached',
      '  slow             –  51.0 ms   50.0 ms  5.00 ms  not reached',
    ].join('\n'),
  );
});
