import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonNumber, JsonObject, readJson, type JsonValue } from './json.js';

function toPlain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (value instanceof JsonObject) {
    return Object.fromEntries([...value.members].map(([name, member]) => [name, toPlain(member)]));
  }
  return Array.isArray(value) ? value.map(toPlain) : value;
}

describe('readJson', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), (text) => {
        expect(toPlain(readJson(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('accepts no text that JSON.parse refuses', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      'u',
      '0',
      '1',
      '-',
      '.',
      'e',
      ' ',
      'null',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        let refused = false;
        try {
          JSON.parse(text);
        } catch {
          refused = true;
        }
        if (refused) expect(() => readJson(text)).toThrow(SyntaxError);
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps the text of numbers and tells integers of 64 bits apart', () => {
    const integers = ['0', '18446744073709551615', '-9223372036854775808'];
    const floats = ['-0', '1.0', '1e2', '18446744073709551616', '-9223372036854775809'];
    for (const text of integers) expect(readJson(text)).toEqual(new JsonNumber(text));
    expect(integers.map((text) => new JsonNumber(text).isInteger)).toEqual([true, true, true]);
    expect(floats.map((text) => new JsonNumber(text).isInteger)).toEqual(floats.map(() => false));
  });

  it('lists members that came twice', () => {
    const object = readJson('{"a":1,"b":2,"a":3}') as JsonObject;
    expect([...object.repeated]).toEqual(['a']);
  });

  it.each(['"\\ud800"', '"\\udc00x"', '1e400', '"\u0001"', '[1,]', '01', '"', '{"a" 1}', 'tru', ''])(
    'refuses %s',
    (text) => {
      expect(() => readJson(text)).toThrow(SyntaxError);
    },
  );

  it('reads a long string in one pass', () => {
    const long = 'x'.repeat(1_000_000);
    expect(readJson(JSON.stringify(long))).toBe(long);
    expect(() => readJson(`"${long}`)).toThrow(SyntaxError);
  });
});
