/** What is still reachable after a piece of work, for tests of what is kept by accident. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes by which the heap and its buffers grew, garbage aside. What should count has to be reachable from outside of `work`. */
export function heapGrowth(work: () => void): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const kept = (): number => {
    // Buffers are freed in the background; the second collection waits for what the first one found.
    collect();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = kept();
  work();
  return kept() - before;
}

/** A line as it comes from a socket, with blanks to `bytes` after it: a text of its own, not a literal. */
export function receivedLine(text: string, bytes: number): string {
  return Buffer.from(text.padEnd(bytes)).toString();
}
