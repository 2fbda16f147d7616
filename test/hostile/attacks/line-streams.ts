/** Streams of lines as fast as the gateway takes them, over a few connections that come again when they are closed. */
import type { Attack } from './attack-run.js';
import type { NextLine } from './lines.js';

const CONNECTIONS = 8;
/** About one read of a socket. */
const CHUNK_BYTES = 16_384;

export function streamOf(nextLine: NextLine): Attack {
  return async (run) => {
    const chunk = (): Buffer => {
      const lines: Buffer[] = [];
      for (let bytes = 0; bytes < CHUNK_BYTES;) {
        const line = Buffer.from(nextLine(run.random));
        lines.push(line);
        bytes += line.length;
      }
      return Buffer.concat(lines);
    };
    await run.each(CONNECTIONS, async (index) => {
      while (!run.over) {
        const peer = await run.open(1 + index);
        while (await peer?.send(chunk()));
        peer?.close();
      }
    });
  };
}
