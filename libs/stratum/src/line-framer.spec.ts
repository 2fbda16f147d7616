import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heapGrowth } from '#libs/testkit';
import { LineFramer, type FramedLine } from './line-framer.js';

function frame(chunks: readonly Buffer[], limit = 64): FramedLine[] {
  const framer = new LineFramer(limit);
  const lines: FramedLine[] = [];
  for (const chunk of chunks) {
    framer.push(chunk);
    for (let line = framer.next(); line; line = framer.next()) {
      lines.push(line);
      if (line.kind === 'oversize') return lines;
    }
  }
  return lines;
}

const line = (text: string): FramedLine => ({ kind: 'line', text });

describe('LineFramer', () => {
  it('frames the same lines whatever the segmentation', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).map((s) => s.replaceAll('\n', ''));
    fc.assert(
      fc.property(fc.array(text), fc.array(fc.nat(40)), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((l) => `${l}\n`).join(''), 'utf8');
        const chunks: Buffer[] = [];
        let at = 0;
        for (const size of [...cuts, bytes.length]) {
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        const wellFormed = lines.map((l) => Buffer.from(l, 'utf8').toString('utf8'));
        expect(frame(chunks, 1000)).toEqual(wellFormed.map(line));
      }),
    );
  });

  it('keeps the carriage return and drops a last line without newline', () => {
    expect(frame([Buffer.from('a\r\n\nrest')])).toEqual([line('a\r'), line('')]);
  });

  it('accepts a line of exactly the limit and refuses one byte more, complete or not', () => {
    expect(frame([Buffer.from(`${'x'.repeat(64)}\n`)])).toEqual([line('x'.repeat(64))]);
    expect(frame([Buffer.from(`${'x'.repeat(65)}\n`)])).toEqual([{ kind: 'oversize' }]);
    expect(frame([Buffer.from('x'.repeat(40)), Buffer.from('x'.repeat(25))])).toEqual([{ kind: 'oversize' }]);
  });

  it('reports a line that is not UTF-8 and keeps a byte order mark', () => {
    expect(frame([Buffer.from([0xff, 0xfe, 0x0a])])).toEqual([{ kind: 'not-utf8' }]);
    expect(frame([Buffer.from('\ufeffa\n')])).toEqual([line('\ufeffa')]);
  });

  it.each([
    ['nothing', ''],
    ['one byte', 'x'],
  ])('does not keep a chunk of which %s is left', (_left, rest) => {
    const framers = Array.from({ length: 64 }, () => new LineFramer(64));
    const grown = heapGrowth(() => {
      for (const framer of framers) {
        framer.push(Buffer.concat([Buffer.alloc(1 << 18, `${'x'.repeat(63)}\n`), Buffer.from(rest)]));
        while (framer.next());
      }
    });
    expect(framers[0]!.pendingBytes).toBe(rest.length);
    expect(grown).toBeLessThan(4 << 20);
  });
});
