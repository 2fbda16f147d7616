/** Lines that no honest miner sends: pure functions of a random source, each line with its newline. */
import type { Random } from './random.js';

export type NextLine = (random: Random) => string | Buffer;

const HASH = `0x${'5a'.repeat(32)}`;
const VALID = [
  `{"jsonrpc":"2.0","id":1,"method":"mining.subscribe","params":["rig1","secret"]}`,
  `{"id":2,"method":"mining.submit","params":["rig1","${HASH}","0x0000010000000048","${HASH}"]}`,
  `[{"id":3,"method":"eth_submitHashrate","params":["0x500000","0x1"]},{"id":4,"method":"nosuch"}]`,
];

const submit = (nonce: string, hash = HASH): string =>
  `{"id":9,"method":"mining.submit","params":["rig1","${hash}","${nonce}","${hash}"]}\n`;

/** Printable and not, newlines among them; mostly no UTF-8. */
export const randomBytes: NextLine = (random) => random.bytes(random.between(1, 2000));

/** UTF-8 that is no JSON, or no request. */
export const garbage: NextLine = (random) =>
  random.pick([
    () => `${random.hex(random.between(0, 300))}\n`,
    () => '\n',
    () => `${' '.repeat(random.below(500))}\r\n`,
    () => `GET /${random.hex(12)} HTTP/1.1\r\nHost: ${random.hex(8)}\r\n\r\n`,
    () =>
      `${random.pick(['null', '1', '"x"', '{}', '[]', '[1,{}]', '{"id":', '[[[', '\u0000', '\ufeff{}'])}\n`,
    () => `{"id":${random.pick(['-1', '1.5', '[]', '"\\ud800"', '1e400'])},"method":"x"}\n`,
  ])();

/** A valid line with a few bytes changed, removed, doubled or cut. */
export const mutated: NextLine = (random) => {
  const line = Buffer.from(random.pick(VALID));
  let bytes = [...line];
  for (let edits = random.between(1, 6); edits > 0; edits--) {
    const at = random.below(Math.max(1, bytes.length));
    random.pick([
      () => (bytes[at] = random.between(0x20, 0x7e)),
      () => bytes.splice(at, random.between(1, 8)),
      () => bytes.splice(at, 0, ...bytes.slice(at, at + random.between(1, 8))),
      () => (bytes = bytes.slice(0, at)),
    ])();
  }
  return Buffer.from([...bytes, 0x0a]);
};

/** Arrays and objects inside each other, up to what a line can hold. */
export const nested: NextLine = (random) => {
  const depth = random.between(100, 5000);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  const closed = random.below(2) === 0;
  const value =
    open.repeat(Math.min(depth, 2500)) + (closed ? `1${close.repeat(Math.min(depth, 2500))}` : '');
  return random.below(2) === 0 ? `${value}\n` : `{"id":1,"method":"mining.submit","params":${value}}\n`;
};

/** Numbers of up to thousands of digits where a number, an id or a nonce is expected. */
export const hugeNumbers: NextLine = (random) => {
  const digits = `1${random.hex(random.between(20, 3800)).replaceAll(/[a-f]/g, '7')}`;
  return random.pick([
    `{"id":${digits},"method":"nosuch"}\n`,
    `{"id":1,"method":"mining.submit","params":[${digits},-${digits},0.${digits},${digits}e-9]}\n`,
    `{"id":1,"method":"mining.subscribe","params":["w",${digits}]}\n`,
    `{"id":1,"method":"nosuch","params":[1e${digits.slice(0, 300)}]}\n`,
    submit(digits),
  ]);
};

/** As many requests in one line as fit, and batches in batches. */
export const hugeBatches: NextLine = (random) => {
  const one = random.pick(['{"id":1,"method":"nosuch"}', '{}', '1', '[]', submit('0x1', '0x2').trim()]);
  const count = Math.min(random.between(33, 5000), Math.floor(16_000 / (one.length + 1)));
  return `[${Array.from({ length: count }, () => one).join(',')}]\n`;
};

/** Nonces and hashes of more digits than there are bits for. */
export const longHex: NextLine = (random) => {
  const digits = random.hex(random.between(65, 7000));
  return random.pick([submit(`0x${digits}`), submit('0x1', `0x${digits}`), submit(digits)]);
};

/** First messages of dialects that the gateway does not speak: miners try one after the other. */
export const probes: NextLine = (random) =>
  `${random.pick([
    '{"id":1,"method":"mining.subscribe","params":["Miner/1.0","EthereumStratum/1.0.0","x"]}',
    '{"id":2,"method":"mining.authorize","params":["account.rig","x"]}',
    '{"id":3,"method":"eth_submitLogin","params":["0x00"],"worker":"rig"}',
    '{"id":3,"method":"eth_submitLogin","params":["0x00"]}',
    '{"id":4,"method":"eth_getWork","params":[]}',
    '{"id":5,"method":"mining.hello","params":{"agent":"m","host":"h","port":"1","proto":"EthereumStratum/2.0.0"}}',
    '{"id":6,"method":"mining.extranonce.subscribe","params":[]}',
    '{"id":7,"method":"login","params":{"login":"x","pass":"x"}}',
  ])}\n`;
