/**
 * Every form of a submit. Words in angle brackets are filled in when a case is played: <job> is the hash of a job that
 * both sides know, <past> that of an earlier one; <wrong>, <solved> and <fresh> are nonces of <job> in 16 digits, the
 * last one solving it, unspent, and another one for each side.
 */
import type { Case } from '../sides.js';

const UNKNOWN = 'AB'.repeat(32);
const request = (params: string, id = 1): string =>
  `{"id":${id},"method":"mining.submit","params":${params}}`;
const submit = (nonce: string, hash = '0x<job>', job = 'j', worker = 'w', id = 1): string =>
  request(JSON.stringify([worker, job, nonce, hash]), id);
const zeros = '0'.repeat(48);
const one = (name: string, ...lines: readonly string[]): Case => ({
  name,
  conversation: lines.map((send) => ({ send })),
});

/** Forms of a nonce that all mean the same number. */
const formsOf = (nonce: string): string[] => [
  nonce,
  `0x${nonce}`,
  `0x${zeros}${nonce}`,
  `${zeros}${nonce}`,
  `0x0${nonce}`,
];

const SMALL = ['', '0x', '0', '0x0', '00', '1', '0x1', '1e1'];
const WIDE = [
  'f'.repeat(64),
  `8${'0'.repeat(63)}`,
  `7${'f'.repeat(63)}`,
  `${'1'.repeat(32)}${'0'.repeat(32)}`,
];

/** The numbers that cases write down because they are unlikely to solve a job. */
export const writtenNonces: readonly bigint[] = [...SMALL, ...WIDE].map((text) =>
  BigInt(`0x${text.replace('0x', '') || '0'}`),
);

/** None of them is judged valid, and none changes anything. */
export const refusedSubmits: readonly Case[] = [
  one('a wrong nonce in all its forms', ...formsOf('<wrong>').map((form) => submit(form))),
  one('a wrong nonce in capitals', submit('<WRONG>'), submit('0x<WRONG>')),
  one('a solved nonce in all its forms', ...formsOf('<solved>').map((form) => submit(form))),
  one('a solved nonce in capitals', submit('<SOLVED>'), submit('0x<SOLVED>')),
  one('hashes in other forms', ...['<job>', '0x<JOB>', '<JOB>'].map((hash) => submit('<wrong>', hash))),
  one('the smallest nonces', ...SMALL.map((nonce) => submit(nonce))),
  one('nonces of 64 digits', ...WIDE.map((nonce) => submit(nonce))),
  one(
    'nonces that are no numbers',
    ...[
      '0X1',
      '0x0x1',
      'zz',
      ' 0x1',
      '0x1 ',
      '+1',
      '-1',
      '0x_1',
      '1.0',
      'g',
      '0xg',
      '\u0661',
      '１',
      'x1',
      '0x-1',
    ].map((nonce) => submit(nonce)),
  ),
  one(
    'hashes of other lengths',
    ...['', '0x', '0', '0x12', UNKNOWN.slice(1), `0x${UNKNOWN.slice(1)}`, `0${UNKNOWN}`, `0x0${UNKNOWN}`].map(
      (hash) => submit('0x1', hash),
    ),
  ),
  one(
    'hashes that are no numbers',
    ...[`0X${UNKNOWN}`, `zz${UNKNOWN.slice(2)}`, `0x${UNKNOWN.slice(2)}g0`, ` 0x${UNKNOWN}`].map((hash) =>
      submit('0x1', hash),
    ),
  ),
  one(
    'an unknown hash',
    submit('0x1', UNKNOWN),
    submit('<solved>', `0x${UNKNOWN}`),
    submit('', '0'.repeat(64)),
  ),
  one(
    'job ids of any kind',
    ...['', '0x', '<job>', '0x<job>', '0x<JOB>', '858', 'é\n', 'x'.repeat(4000)].map((job) =>
      submit('<wrong>', '0x<job>', job),
    ),
  ),
  one(
    'worker names of any kind',
    ...['', 'é😀', '"\\/\u0001\b\f\n\r\t\u001f\u007f\u2028', '! worker_id = x', '\u0000'].map((worker) =>
      submit('<wrong>', '0x<job>', 'j', worker),
    ),
  ),
  one('a worker name as long as may be', submit('<wrong>', '0x<job>', 'j', 'é'.repeat(256))),
  {
    name: 'a worker name that is too long',
    conversation: [{ send: submit('<wrong>', '0x<job>', 'j', 'é'.repeat(257)) }],
    differs: {
      why: 'Worker names of more than 256 characters',
      bridge: [`{"result":[false,"Incorrect Nonce! worker_id = ${'é'.repeat(256)}!"],"id":1}`],
    },
  },
  one(
    'params of other kinds',
    ...['null', '{}', '[]', '{"worker":"w"}', '"s"', '5', 'true'].map((params) => request(params)),
  ),
  one('no params', '{"id":1,"method":"mining.submit"}'),
  one(
    'too few strings',
    ...['["w"]', '["w","j"]', '["w","j","0x1"]', '["w","j",1,"0x<job>"]', '[["w","j","0x1","0x<job>"]]'].map(
      (params) => request(params),
    ),
  ),
  one(
    'more than four params',
    ...['"x"', '5', 'null', 'true', '[]', '{}'].map((extra) =>
      request(`["w","j","0x<wrong>","0x<job>",${extra}]`),
    ),
  ),
  one(
    'params that are not strings in between',
    request('[1,"w",null,"j",[],"0x<wrong>",{"a":"b"},"0x<job>",false]'),
  ),
  one('as a notification', '{"method":"mining.submit","params":["w","j","0x<wrong>","0x<job>"]}'),
  one(
    'in a batch',
    `[${submit('<wrong>')},{"id":2,"method":"x"},${submit('<solved>', '0x<job>', 'j', 'w', 3)},{"method":"x"},${submit('zz', '0x<job>', 'j', 'w', 4)}]`,
  ),
  one(
    'without subscribing and after it',
    submit('<wrong>'),
    '{"id":2,"method":"mining.subscribe","params":["rig",""]}',
    submit('<wrong>'),
  ),
  one('a job id that names another job', submit('<wrong>', '0x<job>', '0x<past>')),
  {
    name: 'nonces of more than 64 digits',
    conversation: ['0x', ''].map((prefix) => ({ send: submit(`${prefix}${'0'.repeat(65)}`) })),
    differs: {
      why: 'A nonce of more than 64 hex digits gets `[false]`',
      bridge: ['{"result":[false],"id":1}', '{"result":[false],"id":1}'],
      bridgeOnly: true,
    },
  },
];

/** Each of them makes a block on both sides. */
export const acceptedSubmits: readonly Case[] = [
  one(
    'a solution, and again in other forms',
    submit('<fresh>'),
    ...formsOf('<fresh>').map((form) => submit(form)),
    submit('<FRESH>', '<JOB>'),
  ),
  one('a solution in capitals and 64 digits', submit(`0x${zeros}<FRESH>`, '<JOB>'), submit('<fresh>')),
  one(
    'a solution among params that are no strings',
    request('[null,"w",1,"","0x<fresh>",[],"<job>"]'),
    submit('<fresh>'),
  ),
  one('a solution for a past job, its job id right', submit('<fresh>', '0x<job>', '0x<job>')),
  one('a solution with a bad one in front and behind', submit('zz'), submit('<fresh>'), submit('<wrong>')),
  one('a solution twice in a batch', `[${submit('<fresh>')},${submit('0x<fresh>', '0x<job>', 'j', 'v', 2)}]`),
  {
    name: 'a solution in front of quick requests, in one segment',
    conversation: [
      {
        send: `${submit('<fresh>')}\n{"id":2,"method":"x"}\n{}\n${submit('zz')}\n{"id":3,"method":"mining.subscribe","params":["w",""]}`,
      },
    ],
  },
  {
    name: 'a solution byte by byte',
    conversation: [{ send: submit('<fresh>'), cut: 'bytes' }],
  },
  one(
    'a solution as a notification is not executed',
    '{"method":"mining.submit","params":["w","j","0x<fresh>","0x<job>"]}',
    submit('<fresh>'),
  ),
];

/** For a job that has left the node's window of broadcasts. */
export const lateSubmits: readonly Case[] = [
  one('a solution comes too late', submit('<fresh>')),
  one('malformed is malformed all the same', submit('zz'), submit('<wrong>', '0x12')),
  {
    name: 'a wrong nonce is told from a late one',
    conversation: [{ send: submit('<wrong>') }],
    differs: {
      why: 'Solutions for past jobs are forwarded while the bridge knows the job',
      bridge: ['{"result":[false,"Incorrect Nonce! worker_id = w!"],"id":1}'],
    },
  },
  {
    name: 'a solved nonce is remembered',
    conversation: [{ send: submit('<solved>') }],
    differs: {
      why: '"Problem already solved" also when the node would not know the solution any more',
      bridge: [
        '{"result":[false,"Problem already solved with nonce = <solved, decimal>! worker_id = w"],"id":1}',
      ],
    },
  },
];
