/** Subscribes where a secret is set, and what a connection may do before and after. */
import { PASSWORD } from '../../e2e/world.js';
import type { Step } from '../conversation.js';
import type { Case } from '../sides.js';

const subscribe = (id: number, password: string, worker = 'w'): string =>
  `{"id":${id},"method":"mining.subscribe","params":${JSON.stringify([worker, password])}}`;
const submit = (id: number): string =>
  `{"id":${id},"method":"mining.submit","params":["w","j","0x1","0x${'ab'.repeat(32)}"]}`;
const send = (...lines: readonly string[]): Step[] => lines.map((text) => ({ send: text }));
const secrets = ['', ' ', 'PW', 'pw ', 'pw\0', 'é', 'x'.repeat(10_000)];
const numbers = [
  ...[
    '0',
    '-1',
    '1.50',
    '1e5',
    '1E+2',
    '-0.0',
    '0.1e1',
    '0e999',
    '1e-400',
    '4.9e-324',
    '0.000001',
    '1e22',
    '1e23',
  ],
  // serde_json does not always make the nearest double of a text.
  ...[
    '123456789012345680000.5',
    '18446744073709551619.1',
    '0.1234567890123456789012',
    '8.41e21',
    '9.5367431640625e-7',
  ],
  ...[
    '100000000000000000000',
    '-123456789012345678901234567890',
    '2.2250738585072014e-308',
    '1.7976931348623157e308',
  ],
  ...[
    '1.7976931348623159e308',
    '17976931348623158e292',
    '1e309',
    '0.001e311',
    '1e2147483647',
    '0e2147483648',
    '1e-2147483648',
  ],
];
const values = [...numbers, 'null', 'true', 'false', '[]', '[[]]', '{}', '{"a":[1]}'];
const params = (text: string): string => `{"id":1,"method":"mining.subscribe","params":${text}}`;

const MAX_NAME = 256;
const TOO_LONG =
  '{"error":{"code":-32602,"message":"Invalid params: a worker name of more than 256 characters."},"id":1}';

export const subscribeCases: readonly Case[] = [
  {
    name: 'wrong, right, wrong, right',
    conversation: send(subscribe(1, 'x'), subscribe(2, PASSWORD), subscribe(3, 'x'), subscribe(4, PASSWORD)),
  },
  { name: 'wrong passwords', conversation: send(...secrets.map((secret, id) => subscribe(id, secret))) },
  {
    name: 'twice, with two names',
    conversation: send(subscribe(1, PASSWORD, 'a'), subscribe(2, PASSWORD, 'b')),
  },
  {
    name: 'in one batch, wrong and right',
    conversation: send(`[${subscribe(1, 'x')},${subscribe(2, PASSWORD)}]`),
  },
  {
    name: 'as a notification it changes nothing',
    conversation: send(`{"method":"mining.subscribe","params":["w","${PASSWORD}"]}`),
  },
  {
    name: 'a first param that is no string',
    conversation: send(...values.map((value) => params(`[${value},"x"]`))),
  },
  {
    name: 'a second param that is no string',
    conversation: send(...values.map((value) => params(`["w",${value}]`))),
  },
  {
    name: 'too few and too many params',
    conversation: send(
      ...['[]', '["w"]', '[1]', '["w","x",1]', '["w",1,"x"]', '[1,2,3]', '["w","x","y","z"]'].map(params),
    ),
  },
  ...['', 'é😀', '\u0001\u2028"\\/', 'x'.repeat(MAX_NAME)].map((worker) => ({
    name: `as ${JSON.stringify(worker)}`,
    conversation: send(subscribe(1, PASSWORD, worker), subscribe(2, 'x', worker)),
  })),
  {
    name: 'under a name that is too long',
    conversation: send(subscribe(1, PASSWORD, 'x'.repeat(MAX_NAME + 1)), subscribe(2, PASSWORD)),
    differs: {
      why: 'Worker names of more than 256 characters',
      bridge: [TOO_LONG, '{"result":true,"id":2}'],
    },
  },
  { name: 'a submit after it', conversation: send(subscribe(1, PASSWORD), submit(2)) },
  { name: 'a submit after it, in one batch', conversation: send(`[${subscribe(1, PASSWORD)},${submit(2)}]`) },
  {
    name: 'a submit after a wrong one later',
    conversation: send(subscribe(1, PASSWORD), subscribe(2, 'x'), submit(3)),
  },
  {
    name: 'a submit before it, and after a wrong one',
    conversation: send(submit(1), subscribe(2, 'x'), submit(3), subscribe(4, PASSWORD), submit(5)),
    differs: {
      why: 'With a secret, only a subscribed connection may submit',
      bridge: [
        '{"result":[false,"Not subscribed! worker_id = w"],"id":1}',
        '{"result":false,"id":2}',
        '{"result":[false,"Not subscribed! worker_id = w"],"id":3}',
        '{"result":true,"id":4}',
        '{"result":[false,"Solution for a stale job! worker_id = w"],"id":5}',
      ],
    },
  },
];
