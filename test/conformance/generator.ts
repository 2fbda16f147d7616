/**
 * Lines that nobody thought of, from a seed: requests built from parts, and valid lines with bytes changed. A node has to
 * live with each of them, so fields of submits come from lists of forms that were measured to be safe, and only lines
 * without a submit have their bytes changed.
 */

/** A number of [0, 1) from a 32-bit state: mulberry32, enough for a test. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const HASH = 'ab'.repeat(32);
const STRINGS = [
  '""',
  '"w"',
  '"pw"',
  '"é😀"',
  '"\\u00e9\\n"',
  '"\\ud83d\\ude00"',
  '"\\ud83d"',
  '"a\\/b"',
  '"\\u0000"',
  '"\\x"',
];
const DIGITS = [
  '0',
  '7',
  '10',
  '09',
  '255',
  '18446744073709551615',
  '18446744073709551616',
  '123456789012345678901',
];
const METHODS = [
  '"mining.subscribe"',
  '"nosuch"',
  '"mining.authorize"',
  '""',
  '"mining.\\u0073ubscribe"',
  'null',
  '5',
];
const VERSIONS = ['"2.0"', '"2.0"', '"2.0"', 'null', '"1.0"', '2.0'];
const NONCES = [
  '',
  '0x',
  '0',
  '0x1',
  '0X1',
  '0x0x1',
  'zz',
  ' 0x1',
  '-1',
  'AbCd',
  '0'.repeat(64),
  'f'.repeat(64),
];
const HASHES = [
  `0x${HASH}`,
  HASH,
  HASH.toUpperCase(),
  `0x${HASH.slice(1)}`,
  '0x12',
  '',
  '0x',
  `zz${HASH.slice(2)}`,
];
const BLANKS = [' ', '\t', '\r', '  ', '\f', '\u00a0', '\v'];

export class LineGenerator {
  constructor(private readonly random: () => number) {}

  /** One line, or several, without the last newline. */
  next(): Buffer {
    const roll = this.random();
    if (roll < 0.2) return Buffer.from(this.submit());
    if (roll < 0.35) return Buffer.from(this.batch());
    if (roll < 0.65) return Buffer.from(this.request());
    return this.damaged(Buffer.from(this.chance(0.3) ? this.batch() : this.request()));
  }

  private request(): string {
    const members = [
      ...(this.chance(0.6) ? [`"jsonrpc"${this.blank()}:${this.pick(VERSIONS)}`] : []),
      ...(this.chance(0.85) ? [`"id":${this.blank()}${this.id()}`] : []),
      ...(this.chance(0.95) ? [`"method":${this.pick(METHODS)}`] : []),
      ...(this.chance(0.8) ? [`"params":${this.params()}`] : []),
      ...(this.chance(0.05) ? [`"extra":${this.value(2)}`] : []),
      ...(this.chance(0.03) ? [`"id":${this.id()}`] : []),
    ];
    members.sort(() => this.random() - 0.5);
    return `{${members.join(`${this.blank()},${this.blank()}`)}}`;
  }

  /** For a job that no one knows, so that nothing is mined. */
  private submit(): string {
    const fields = ['"w"', '"j"', `"${this.pick(NONCES)}"`, `"${this.pick(HASHES)}"`];
    if (this.chance(0.2))
      fields.splice(this.below(5), 0, this.pick(['1', 'null', 'true', '[]', '{}', '"x"']));
    if (this.chance(0.2)) fields.length = this.below(4);
    const version = this.chance(0.5) ? `"jsonrpc":${this.pick(VERSIONS)},` : '';
    const id = this.chance(0.9) ? `"id":${this.id()},` : '';
    return `{${version}${id}"method":"mining.submit","params":[${fields.join(',')}]}`;
  }

  private batch(): string {
    const item = (): string => {
      if (this.chance(0.1)) return this.pick(['5', '{}', '[]', '""', 'null', '[5]']);
      return this.chance(0.3) ? this.submit() : this.request();
    };
    // An array that begins with a version is a positional request to the node: a documented difference.
    const items = Array.from({ length: this.below(5) }, item);
    return `[${(items[0] === 'null' ? items.slice(1) : items).join(this.chance(0.1) ? ' , ' : ',')}]`;
  }

  private params(): string {
    if (this.chance(0.4)) return `["w",${this.chance(0.5) ? '"pw"' : '"x"'}]`;
    if (this.chance(0.5)) return `[${Array.from({ length: this.below(4) }, () => this.value(2)).join(',')}]`;
    return this.value(3);
  }

  private id(): string {
    return this.chance(0.7) ? String(this.below(1000)) : this.value(1);
  }

  private value(depth: number): string {
    const kind = this.below(depth > 0 ? 8 : 6);
    if (kind === 0) return this.pick(['null', 'true', 'false', 'nul', 'True']);
    if (kind <= 2) return this.pick(STRINGS);
    if (kind <= 5) return this.number();
    const items = Array.from({ length: this.below(3) }, (_, index) =>
      kind === 6 ? this.value(depth - 1) : `"${this.chance(0.8) ? index : 'a'}":${this.value(depth - 1)}`,
    );
    return kind === 6 ? `[${items.join(',')}]` : `{${items.join(',')}}`;
  }

  private number(): string {
    const sign = this.chance(0.25) ? '-' : '';
    const fraction = this.chance(0.4)
      ? `.${this.pick(DIGITS)}${this.chance(0.3) ? this.pick(DIGITS) : ''}`
      : '';
    const power = this.pick(['e', 'E', 'e+', 'e-']) + String(this.below(this.chance(0.2) ? 400 : 25));
    return `${sign}${this.pick(DIGITS)}${fraction}${this.chance(0.3) ? power : ''}`;
  }

  /** One to three bytes or pieces taken out, put in, doubled or changed. */
  private damaged(line: Buffer): Buffer {
    if (line.includes('submit')) return line;
    let bytes = line;
    for (let count = 1 + this.below(3); count > 0; count--) {
      const at = this.below(bytes.length + 1);
      const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
      const cut = tail.subarray(Math.min(tail.length, 1 + this.below(4)));
      const extra = this.chance(0.5)
        ? Buffer.from(
            this.pick(['{', '}', '[', ']', ',', ':', '"', '\\', '0', '-', 'e', '\n', '\r', '\0', 'é', ' ']),
          )
        : Buffer.from([this.below(256)]);
      bytes = Buffer.concat(
        this.pick([
          [head, cut],
          [head, extra, tail],
          [head, extra, cut],
          [head, tail.subarray(0, 5), tail],
        ]),
      );
    }
    return bytes;
  }

  private blank(): string {
    return this.chance(0.06) ? this.pick(BLANKS) : '';
  }

  private chance(odds: number): boolean {
    return this.random() < odds;
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}
