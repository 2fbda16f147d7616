/** Lines to send: those of a corpus, cut up and put together again, with values that parsers stumble over. */
import { HASH, MINER_LINE_LIMIT, type Corpus } from './corpus.js';
import type { Random } from './fuzzer.js';

const TOKENS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    ' ',
    '\t',
    '\r',
    '0',
    '-',
    '.',
    'e',
    'true',
    'null',
    '""',
    '{}',
    '[]',
  ],
  ...[
    '"id"',
    '"method"',
    '"params"',
    '"jsonrpc"',
    '"result"',
    '"error"',
    '"2.0"',
    '"__proto__"',
    '"constructor"',
  ],
  ...[
    '"mining.subscribe"',
    '"mining.authorize"',
    '"mining.submit"',
    '"mining.notify"',
    '"nosuch"',
    '"xhashrate"',
  ],
  ...['1e400', '-0', '1.0', '9007199254740993', '18446744073709551615', '18446744073709551616', '1e-400'],
  ...[
    '"\\ud800"',
    '"\\udc00"',
    '"\\ud83d\\ude00"',
    '"\\u0000"',
    '"\\u2028"',
    '"\n"',
    '\ufeff',
    '\u2028',
    '\ud800',
    'ÿ',
  ],
  ...['0x', '0X', HASH, HASH.slice(2), `${HASH}00`, 'pw', 'EthereumStratum/1.0.0'],
];

/** A line without its newline, of at most `limit` characters. */
export function anyLine(random: Random, corpus: Corpus, limit = MINER_LINE_LIMIT): string {
  // Conversations have to get somewhere before the next blow.
  if (random.below(4) === 0) return random.one(corpus[0]);
  let line = beginning(random, corpus);
  for (let left = random.size(6); left > 0; left--) line = mutated(random, line, corpus);
  return line.replaceAll('\n', ' ').slice(0, limit);
}

function beginning(random: Random, corpus: Corpus): string {
  switch (random.below(8)) {
    case 0:
      return noise(random, random.size(200));
    case 1:
      return Array.from({ length: random.size(40) }, () => random.one(TOKENS)).join('');
    case 2:
      return JSON.stringify(anyValue(random, 4));
    default:
      return random.one(random.one(corpus));
  }
}

function mutated(random: Random, line: string, corpus: Corpus): string {
  const from = random.below(line.length + 1);
  const to = from + random.size(line.length - from + 1);
  const [head, middle, tail] = [line.slice(0, from), line.slice(from, to), line.slice(to)];
  switch (random.below(9)) {
    case 0:
      return head + tail;
    case 1:
      return head + middle.repeat(1 + random.size(40)) + tail;
    case 2:
      return head + random.one(TOKENS) + tail;
    case 3:
      return (
        head + String.fromCharCode(line.charCodeAt(from) ^ (1 << random.below(8))) + line.slice(from + 1)
      );
    case 4: {
      const other = random.one(random.one(corpus));
      return head + other.slice(random.below(other.length + 1));
    }
    case 5:
      return `[${Array.from({ length: random.size(120) }, () => random.one([line, random.one(random.one(corpus))])).join(',')}]`;
    case 6:
      return head + long(random) + tail;
    default:
      return withValueReplaced(random, line);
  }
}

/** The line with one of its values replaced; the line itself where it is no JSON, or nested too deeply for V8. */
function withValueReplaced(random: Random, line: string): string {
  try {
    const value: unknown = JSON.parse(line);
    replaceWithin(random, value);
    const text = JSON.stringify(value);
    return text.replace(`"${PLACE}"`, () => long(random));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return line;
    throw error;
  }
}

function replaceWithin(random: Random, value: unknown): void {
  while (typeof value === 'object' && value !== null) {
    const names = Object.keys(value);
    const name = names.length === 0 || random.below(8) === 0 ? random.one(NAMES) : random.one(names);
    const inner: unknown = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    if (typeof inner === 'object' && inner !== null && random.below(3) > 0) {
      value = inner;
      continue;
    }
    // Assignment would set the prototype under `__proto__`.
    const replacement = {
      value: random.below(8) === 0 ? PLACE : anyValue(random, 2),
      enumerable: true,
      configurable: true,
      writable: true,
    };
    Object.defineProperty(value, name, replacement);
    return;
  }
}

const HEX_DIGITS = '0123456789abcdefF'.split('');
const NAMES = [
  'id',
  'method',
  'params',
  'jsonrpc',
  'result',
  'error',
  'message',
  '0',
  '1',
  '2',
  '3',
  '__proto__',
];

function anyValue(random: Random, depth: number): unknown {
  const scalars: (() => unknown)[] = [
    () => null,
    () => random.below(2) === 0,
    () => random.one([0, -1, 1.5, 1e21, 2 ** 53, -0, 5e-324, Number.MAX_VALUE]),
    () => random.below(2 ** 32),
    () => noise(random, random.size(300)),
    () => random.one(TOKENS),
    () => hex(random, random.one([1, 11, 12, 13, 16, 62, 64, 65, random.size(4000)])),
    () => `0x${hex(random, random.one([1, 12, 16, 64, 65]))}`,
    () => `0x${'0'.repeat(random.size(70))}`,
    () => 'x'.repeat(random.below(1000)),
  ];
  if (depth === 0 || random.below(2) === 0) return random.one(scalars)();
  const length = random.size(6);
  if (random.below(2) === 0) return Array.from({ length }, () => anyValue(random, depth - 1));
  return Object.fromEntries(Array.from({ length }, () => [random.one(NAMES), anyValue(random, depth - 1)]));
}

/** Stands for something long that no JSON.stringify has to write. */
const PLACE = '<long>';

/** Deep nesting, huge numbers, long hex, many blanks, many escapes. */
function long(random: Random): string {
  const times = random.below(2) === 0 ? random.size(100) : random.below(MINER_LINE_LIMIT);
  const [open, close = ''] = random.one([
    ['[', ']'],
    ['{"a":', '}'],
    ['['],
    ['{"error":{"message":', '}}'],
    [' '],
    ['9'],
    ['\\"'],
    ['\\u0041'],
    ['[],'],
    ['"a":1,'],
    ['é'],
    ['😀'],
    ['f0'],
  ]);
  return open.repeat(times) + (close === '' ? '' : random.one(['', '1'])) + close.repeat(times);
}

function hex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => random.one(HEX_DIGITS)).join('');
}

/** Characters of all kinds, lone surrogates among them. */
function noise(random: Random, length: number): string {
  const ranges = [
    [0, 0x20],
    [0x20, 0x5f],
    [0x20, 0x5f],
    [0x80, 0x100],
    [0xd800, 0x800],
    [0, 0x10000],
  ] as const;
  return Array.from({ length }, () => {
    const [first, count] = random.one(ranges);
    return String.fromCharCode(first + random.below(count));
  }).join('');
}
