/** How bytes become lines: segments, line ends, encodings, half-closed connections, lines of any length. */
import type { Case } from '../sides.js';

const CALL = '{"id":1,"method":"nosuch","params":["é😀"]}';
const bytes = Buffer.from(`${CALL}\n`);
const inE = bytes.indexOf(0xc3) + 1;
const inSmiley = bytes.indexOf(0xf0) + 2;
const call = (id: number): string => `{"id":${id},"method":"nosuch"}`;
const MAX_LINE_BYTES = 16_384;
const ofLength = (length: number): string => {
  const [head, tail] = ['{"id":"', '","method":"nosuch"}'];
  return `${head}${'x'.repeat(length - head.length - tail.length)}${tail}`;
};

export const framingCases: readonly Case[] = [
  { name: 'a line byte by byte', conversation: [{ send: CALL, cut: 'bytes' }] },
  {
    name: 'a line cut inside its characters',
    conversation: [{ send: CALL, cut: [inE, inSmiley, inSmiley + 1] }],
  },
  { name: 'a line cut before its newline', conversation: [{ send: CALL, cut: [bytes.length - 1] }] },
  {
    name: 'three lines in one segment',
    conversation: [{ send: [1, 2, 3].map(call).join('\n') }, { read: 3 }],
  },
  {
    name: 'two lines, the second cut',
    conversation: [{ send: `${CALL}\n${call(2)}`, cut: [bytes.length + 5] }, { read: 2 }],
  },
  {
    name: 'a thousand lines in one segment',
    conversation: [{ send: Array.from({ length: 1000 }, (_, id) => call(id)).join('\n') }],
  },
  { name: 'CRLF', conversation: [{ send: `${call(1)}\r\n${call(2)}\r` }] },
  { name: 'CRLF, cut between the two', conversation: [{ send: `${call(1)}\r`, cut: [call(1).length + 1] }] },
  {
    name: 'CR alone is a blank',
    conversation: [{ send: `\r${call(1)}\r\r` }, { send: `${call(2)}\r${call(3)}` }],
  },
  { name: 'empty and blank lines', conversation: [{ send: '\n\r\n  \n\t' }, { read: 4 }] },
  {
    name: 'other blanks',
    conversation: [{ send: `\f${call(1)}` }, { send: `\u00a0${call(2)}` }, { send: `${call(3)}\u2028` }],
  },
  {
    name: 'NUL before, inside and after',
    conversation: [
      { send: `\0${call(1)}` },
      { send: '{"id":1,\0"method":"x"}' },
      { send: `${call(1)}\0` },
      { send: '{"id":"\0","method":"x"}' },
    ],
  },
  { name: 'a BOM', conversation: [{ send: `\ufeff${call(1)}` }, { send: call(2) }] },
  {
    name: 'a line that is not UTF-8, after one that is',
    conversation: [
      { send: call(1) },
      { read: 1 },
      { send: Buffer.from('c328 0a'.replace(' ', ''), 'hex') },
      { closes: true },
    ],
  },
  ...['ff', 'c0af', 'eda080', 'f4908080', 'e282'].map((hex) => ({
    name: `bytes ${hex} in a string`,
    conversation: [
      {
        send: Buffer.concat([
          Buffer.from('{"id":"'),
          Buffer.from(hex, 'hex'),
          Buffer.from('","method":"x"}\n'),
        ]),
      },
      { closes: true } as const,
    ],
  })),
  {
    name: 'U+FFFF, U+10FFFF and DEL',
    conversation: [{ send: '{"id":"\uffff\u{10ffff}\x7f","method":"x"}' }],
  },
  { name: 'closed without a word', conversation: [{ close: 'half' }] },
  { name: 'half-closed after its answer', conversation: [{ send: call(1) }, { read: 1 }, { close: 'half' }] },
  {
    name: 'half-closed in the middle of a line',
    conversation: [{ send: call(1) }, { read: 1 }, { send: Buffer.from(call(2)) }, { close: 'half' }],
  },
  { name: 'the longest line', conversation: [{ send: ofLength(MAX_LINE_BYTES) }] },
  {
    name: 'a line that is too long',
    conversation: [{ send: call(1) }, { read: 1 }, { send: ofLength(MAX_LINE_BYTES + 1) }],
    differs: {
      why: 'A line over 16 KiB gets -32000',
      bridge: [
        '{"error":{"code":-32601,"message":"Method not found"},"id":1}',
        '{"jsonrpc":"2.0","error":{"code":-32000,"message":"a line longer than 16384 bytes"},"id":null}',
        '(closed)',
      ],
    },
  },
];
