/**
 * A JSON reader that is exactly as strict as conflux-rust's (serde_json): it keeps the text of numbers, so that an id
 * of 2^64 − 1 can be echoed, and refuses lone surrogates, infinite numbers and deep nesting, which JSON.parse accepts.
 */

import { readFloat } from './json-float.js';

export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

export class JsonNumber {
  /** `text` is the number as it was written. */
  constructor(readonly text: string) {}

  /** Whether it was written as an integer that fits 64 bits, signed or not. `-0` is a float. */
  get isInteger(): boolean {
    if (!/^-?\d+$/.test(this.text) || this.text === '-0') return false;
    const value = BigInt(this.text);
    return value >= -(1n << 63n) && value < 1n << 64n;
  }
}

/** An object with its members in order; members that came twice are listed apart. */
export class JsonObject {
  readonly members = new Map<string, JsonValue>();
  readonly repeated = new Set<string>();

  add(name: string, value: JsonValue): void {
    if (this.members.has(name)) this.repeated.add(name);
    this.members.set(name, value);
  }
}

/** Array.isArray loses the element type of read-only arrays. */
export function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** serde_json's recursion limit of 128 leaves 127 nested arrays and objects. */
export const MAX_JSON_DEPTH = 127;

/** Reads one JSON text with blanks around it, of at most `maxDepth` nested arrays and objects. Throws SyntaxError. */
export function readJson(text: string, maxDepth = MAX_JSON_DEPTH): JsonValue {
  const reader = new Reader(text, maxDepth);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** Other numbers are finite, and an id is not worth a second look. */
const MAY_BE_INFINITE = /[eE]|.{309}/;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** A string with no control character and no malformed escape. */
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
/** Most strings: nothing escaped. */
const PLAIN_STRING = /"([^"\\\u0000-\u001f]*)"/y;

class Reader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {}

  value(depth: number): JsonValue {
    this.skipBlanks();
    switch (this.text[this.at]) {
      case '{':
        return this.object(this.enter(depth));
      case '[':
        return this.array(this.enter(depth));
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  end(): void {
    this.skipBlanks();
    if (this.at !== this.text.length) this.fail('trailing characters');
  }

  private enter(depth: number): number {
    if (depth >= this.maxDepth) this.fail('nested too deeply');
    this.at++;
    return depth + 1;
  }

  private object(depth: number): JsonObject {
    const object = new JsonObject();
    if (this.take('}')) return object;
    do {
      this.skipBlanks();
      const name = this.string();
      this.expect(':');
      object.add(name, this.value(depth));
    } while (this.take(','));
    this.expect('}');
    return object;
  }

  private array(depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    if (this.take(']')) return items;
    do items.push(this.value(depth));
    while (this.take(','));
    this.expect(']');
    return items;
  }

  private string(): string {
    PLAIN_STRING.lastIndex = this.at;
    const plain = PLAIN_STRING.exec(this.text);
    if (plain) {
      this.at = PLAIN_STRING.lastIndex;
      return plain[1] ?? '';
    }
    STRING.lastIndex = this.at;
    const match = STRING.exec(this.text);
    if (!match) return this.fail('expected a string');
    this.at = STRING.lastIndex;
    const value = JSON.parse(match[0]) as string;
    return isWellFormed(value) ? value : this.fail('lone surrogate');
  }

  private number(): JsonNumber {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (!match) return this.fail('expected a value');
    const [text] = match;
    if (MAY_BE_INFINITE.test(text) && !Number.isFinite(readFloat(text))) return this.fail('infinite number');
    this.at = NUMBER.lastIndex;
    return new JsonNumber(text);
  }

  private word<T>(text: string, value: T): T {
    if (!this.text.startsWith(text, this.at)) this.fail('expected a value');
    this.at += text.length;
    return value;
  }

  private take(char: string): boolean {
    this.skipBlanks();
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private expect(char: string): void {
    if (!this.take(char)) this.fail(`expected ${char}`);
  }

  private skipBlanks(): void {
    while (isBlank(this.text.charCodeAt(this.at))) this.at++;
  }

  private fail(what: string): never {
    throw new SyntaxError(`${what} at ${this.at}`);
  }
}

/** Space, tab, line feed, carriage return; NaN, past the end, is none of them. */
const isBlank = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

/** Node 20 has String.prototype.isWellFormed, TypeScript's es2023 library does not list it. */
function isWellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}
