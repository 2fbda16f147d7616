/**
 * What a share feels while a new stage's light cache is built, and the memory of three stages; in a process of its own,
 * so that the memory is the caches'. Prints an EdgeResult as JSON.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadOctopus, readEngineOptions, STAGE_LENGTH } from '#libs/octopus';

export interface EdgeResult {
  /** Milliseconds from asking to answer, one share at a time: while nothing else goes on, and during the build. */
  readonly quietMs: readonly number[];
  readonly buildingMs: readonly number[];
  /** Bytes of memory that three light caches added to the process. */
  readonly residentBytes: number;
}

const HEIGHT = 150_000_000;
const QUIET_SHARES = 400;

async function measure(): Promise<EdgeResult> {
  const { engine } = loadOctopus({ ...readEngineOptions(process.env), engine: 'native' });
  const header = randomBytes(32);
  const timed = async (): Promise<number> => {
    const before = performance.now();
    await engine.hash(header, randomBytes(8).readBigUInt64BE(), HEIGHT);
    return performance.now() - before;
  };
  const before = await residentBytes();
  await engine.prepare(HEIGHT);
  const quietMs: number[] = [];
  while (quietMs.length < QUIET_SHARES) quietMs.push(await timed());
  let building = true;
  const built = engine.prepare(HEIGHT + STAGE_LENGTH, HEIGHT - STAGE_LENGTH).then(() => (building = false));
  const buildingMs: number[] = [];
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- changes while this waits
  while (building) buildingMs.push(await timed());
  await built;
  const result = { quietMs, buildingMs, residentBytes: (await residentBytes()) - before };
  await engine.close();
  return result;
}

async function residentBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

process.stdout.write(`${JSON.stringify(await measure())}\n`, () => process.exit(0));
