/**
 * Cuts a byte stream into lines. Pull-based, so that a reader that is behind can stop taking lines and leave the rest
 * where it is. Each byte is searched once, whatever the segmentation.
 */

const NEWLINE = 0x0a;
/** Smaller chunks may be kept for a rest of a few bytes; it is also what Node's own pool takes at a time. */
const SMALL_CHUNK_BYTES = 8192;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type FramedLine =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'not-utf8' }
  /** The line passed the limit. The stream cannot be read any further. */
  | { readonly kind: 'oversize' };

export class LineFramer {
  private buffer: Buffer = Buffer.alloc(0);
  /** Bytes of the buffer that are known to hold no newline. */
  private searched = 0;

  /** `maxLineBytes` counts the line without its newline. */
  constructor(private readonly maxLineBytes: number) {}

  get pendingBytes(): number {
    return this.buffer.length;
  }

  push(chunk: Buffer): void {
    this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
  }

  /** The next complete line without its terminator, or undefined when none is complete yet. */
  next(): FramedLine | undefined {
    const end = this.buffer.indexOf(NEWLINE, this.searched);
    if (end === -1) {
      this.searched = this.buffer.length;
      this.releaseChunk();
      return this.searched > this.maxLineBytes ? { kind: 'oversize' } : undefined;
    }
    if (end > this.maxLineBytes) return { kind: 'oversize' };
    const line = this.buffer.subarray(0, end);
    this.buffer = this.buffer.subarray(end + 1);
    this.searched = 0;
    try {
      return { kind: 'line', text: utf8.decode(line) };
    } catch {
      return { kind: 'not-utf8' };
    }
  }

  /** The rest is a view that holds its whole chunk in memory: 64 KiB for each idle connection. */
  private releaseChunk(): void {
    const chunkBytes = this.buffer.buffer.byteLength;
    if (chunkBytes > SMALL_CHUNK_BYTES && this.buffer.length < chunkBytes / 2) {
      this.buffer = Buffer.from(this.buffer);
    }
  }
}
