/** Requests and batches beyond the recorded ones: what takes several lines, what is big, what nests. */
import type { Case } from '../sides.js';

const call = (id: number): string => `{"jsonrpc":"2.0","id":${id},"method":"nosuch"}`;
const note = '{"jsonrpc":"2.0","method":"nosuch"}';
const batchOf = (count: number, item: (index: number) => string): string =>
  `[${Array.from({ length: count }, (_, index) => item(index)).join(',')}]`;
const nested = (depth: number, open: string, close: string): string =>
  `{"id":1,"method":"x","params":[${open.repeat(depth)}0${close.repeat(depth)}]}`;
const lines = (name: string, ...texts: readonly string[]): Case => ({
  name,
  conversation: texts.map((send) => ({ send })),
});

export const MAX_BATCH = 32;

export const envelopeCases: readonly Case[] = [
  lines(
    "ids are the request's own, in any order",
    call(3),
    call(1),
    call(1),
    '{"id":null,"method":"x"}',
    call(2),
  ),
  lines('an id of ten thousand characters', `{"id":"${'é'.repeat(5000)}","method":"x"}`),
  lines(
    'ids at the edges of 64 bits',
    ...['9223372036854775807', '9223372036854775808', '1E2', '0.0', '1e-1', '""', '"1"'].map(
      (id) => `{"id":${id},"method":"x"}`,
    ),
  ),
  lines('an id under an escaped name', '{"\\u0069d":7,"method":"x"}', '{"i\\u0064":7,"id":8,"method":"x"}'),
  lines(
    'names in another case',
    '{"ID":1,"method":"x"}',
    '{"id":1,"Method":"x"}',
    '{"id":1,"method":"MINING.SUBSCRIBE","params":["w","pw"]}',
  ),
  lines(
    'a method by another name',
    ...[
      '',
      ' mining.subscribe',
      'mining.subscribe ',
      'mining.subscribe\\u0000',
      'mining',
      '\\u006dining.unsubscribe',
    ].map((method) => `{"id":1,"method":"${method}"}`),
  ),
  lines('members in any order', '{"params":["w","pw"],"method":"mining.subscribe","id":1,"jsonrpc":"2.0"}'),
  lines(
    'versions',
    ...['"2.0"', 'null', '"2"', '2.0', '""', '[]', '{}', 'true', '"2.0 "', '"\\u0032.0"'].map(
      (version) => `{"jsonrpc":${version},"id":1,"method":"x"}`,
    ),
  ),
  lines('a version without an id', '{"jsonrpc":"1.0","method":"x"}', '{"jsonrpc":"1.0"}', '{"jsonrpc":2}'),
  lines('a notification between calls is an empty line', call(1), note, call(2)),
  lines(
    'a bad id is a parse error before anything else',
    '{"id":-1}',
    '{"id":[],"extra":1}',
    '{"id":1.5,"jsonrpc":"1.0"}',
  ),
  lines(
    'a response instead of a request',
    '{"id":1,"result":true,"method":"x"}',
    '{"jsonrpc":"2.0","error":{"code":1,"message":"m"},"id":1}',
  ),
  lines('empty batches', '[]', ' [ ] ', '[[]]', '[{}]', '[{},{}]', '[null]', '[[],[]]'),
  lines('batches of notifications', `[${note}]`, `[${note},${note}]`, `[${note},{}]`),
  lines(
    'batches with a bad id',
    `[${call(1)},{"id":-1,"method":"x"}]`,
    `[{"id":1.5}]`,
    `[${note},{"id":true}]`,
  ),
  lines('nested batches', `[[${call(1)}]]`, `[${call(1)},[${call(2)}]]`, `[[[]]]`),
  lines('a batch cut short', `[${call(1)}`, `[${call(1)},]`, `[,${call(1)}]`, `[${call(1)}] []`),
  lines('equal ids in a batch', `[${call(1)},${call(1)},${call(1)}]`),
  lines('the largest batch', batchOf(MAX_BATCH, call)),
  lines(
    'the deepest values',
    nested(124, '[', ']'),
    nested(125, '[', ']'),
    nested(126, '[', ']'),
    nested(62, '{"a":[', ']}'),
    nested(63, '{"a":[', ']}'),
  ),
  lines(
    'the deepest values in a batch',
    `[${nested(123, '[', ']')}]`,
    `[${nested(124, '[', ']')}]`,
    `[${nested(125, '[', ']')}]`,
  ),
  lines(
    'repeated members inside params',
    '{"id":1,"method":"x","params":{"a":1,"a":2}}',
    '{"id":1,"method":"x","params":{"id":1,"id":2}}',
  ),
  {
    name: 'a batch that is too large',
    conversation: [{ send: batchOf(MAX_BATCH + 1, call) }, { send: call(1) }],
    differs: {
      why: 'A batch of more than 32 requests',
      bridge: [
        '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid request: a batch of more than 32 requests"},"id":null}',
        '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}',
      ],
    },
  },
  ...['eth_submitHashrate', 'alph_submitHashrate', 'mining.hashrate', 'x.HASHRATE'].map((method) => ({
    name: `${method} is taken`,
    conversation: [
      { send: `{"id":1,"method":"${method}","params":["0x1","0x2"]}` },
      { send: `{"method":"${method}"}` },
    ],
    differs: { why: 'Methods that report a hash rate', bridge: ['{"result":true,"id":1}', ''] },
  })),
];
