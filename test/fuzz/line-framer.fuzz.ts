/** Bytes in any portions: the framer gives the lines that a split of the whole gives, and holds no more than it may. */
import assert from 'node:assert/strict';
import { LineFramer, type FramedLine } from '#libs/stratum';
import { MINER_LINES } from './corpus.js';
import { fuzz, type Random } from './fuzzer.js';
import { anyLine } from './lines.js';

function anyBytes(random: Random): Buffer {
  const parts = Array.from({ length: random.size(12) }, () => {
    if (random.below(4) > 0)
      return Buffer.from(`${anyLine(random, MINER_LINES)}${random.one(['\n', '\r\n', ''])}`);
    return Buffer.from(
      Array.from({ length: random.size(100) }, () => random.one([10, 13, 0, 0xff, random.below(256)])),
    );
  });
  return Buffer.concat(parts);
}

/** The lines of all the bytes, up to the first that is too long. */
function linesOf(bytes: Buffer, limit: number): FramedLine[] {
  const lines: FramedLine[] = [];
  for (let from = 0; ;) {
    const end = bytes.indexOf(10, from);
    if ((end === -1 ? bytes.length : end) - from > limit) return [...lines, { kind: 'oversize' }];
    if (end === -1) return lines;
    const line = bytes.subarray(from, end);
    const text = line.toString('utf8');
    // Decoding and encoding again keeps exactly what is UTF-8.
    lines.push(Buffer.from(text, 'utf8').equals(line) ? { kind: 'line', text } : { kind: 'not-utf8' });
    from = end + 1;
  }
}

fuzz('line framer', (random) => {
  const limit = random.one([0, 1, 64, 300, 16_384]);
  const bytes = anyBytes(random);
  const framer = new LineFramer(limit);
  const lines: FramedLine[] = [];
  for (let at = 0; at < bytes.length && lines.at(-1)?.kind !== 'oversize';) {
    const portion = Buffer.from(bytes.subarray(at, (at += 1 + random.size(random.one([3, 100, 70_000])))));
    framer.push(portion);
    assert(framer.pendingBytes <= limit + portion.length);
    for (let line = framer.next(); line; line = framer.next()) {
      lines.push(line);
      if (line.kind === 'oversize') break;
    }
    if (lines.at(-1)?.kind !== 'oversize') assert(framer.pendingBytes <= limit);
  }
  assert.deepEqual(lines, linesOf(bytes, limit));
  if (lines.at(-1)?.kind === 'oversize') assert.deepEqual(framer.next(), { kind: 'oversize' });
});
