/** Many miners at one server: runs crowd.cpp and hands out what it says, first of its opening, then of each job. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { endChild, type BenchWorld, type Server } from './bench-world.js';

/** A crowd gives up on a job after a second, on an opening 12 s after the last first job; the node's comes after 10. */
const LINE_TIMEOUT_MS = 30_000;
const MS = 1e6;

export interface Opening {
  readonly opened: number;
  readonly subscribed: number;
  readonly withJob: number;
  readonly lost: number;
  /** From the first connect to the last answer to a subscribe. */
  readonly openingMs: number;
  /** From subscribe to first job: median, p99, longest. */
  readonly firstJobMs: readonly [number, number, number];
}

export interface Arrival {
  /** The first 16 digits of the job's hash. */
  readonly job: string;
  /** How many of the crowd got it. */
  readonly count: number;
  /** CLOCK_MONOTONIC, the same for all crowds. */
  readonly firstMs: number;
  readonly spreadMs: number;
  /** From the first to the one in the middle. */
  readonly middleMs: number;
}

export class Crowd {
  private constructor(
    readonly server: Server,
    readonly opening: Opening,
    private readonly child: ChildProcessByStdio<Writable, Readable, null>,
    private readonly lines: AsyncIterator<string>,
  ) {}

  /** Resolves when all have a job, or no more of them gets one: the node leaves all beyond its limit without answer. */
  static async open(
    world: BenchWorld,
    program: string,
    server: Server,
    size: { readonly connections: number; readonly atOnce: number },
  ): Promise<Crowd> {
    const sizes = [size.connections, size.atOnce].map(String);
    const child = spawn(program, [String(server.stratumPort), ...sizes], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    world.onEnd(() => endChild(child));
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const said = await nextLine(lines, server);
    const [median = NaN, p99 = NaN, longest = NaN] = (said['firstJobNs'] as number[]).map((ns) => ns / MS);
    const opening = {
      ...(said as unknown as Pick<Opening, 'opened' | 'subscribed' | 'withJob' | 'lost'>),
      openingMs: Number(said['openingNs']) / MS,
      firstJobMs: [median, p99, longest] as const,
    };
    return new Crowd(server, opening, child, lines);
  }

  /** The job that all got next; the one whose hash begins so when `key` is given. */
  async job(key?: string): Promise<Arrival> {
    for (;;) {
      const said = await nextLine(this.lines, this.server);
      const [first, middle, last] = ['firstNs', 'medianNs', 'lastNs'].map((name) => Number(said[name]) / MS);
      const job = String(said['job']);
      if (key !== undefined && job !== key) continue;
      return {
        job,
        count: Number(said['count']),
        firstMs: first ?? NaN,
        spreadMs: (last ?? NaN) - (first ?? NaN),
        middleMs: (middle ?? NaN) - (first ?? NaN),
      };
    }
  }

  async close(): Promise<void> {
    await endChild(this.child);
  }
}

export const keyOf = (hash: string): string => hash.slice(2, 18);

async function nextLine(lines: AsyncIterator<string>, server: Server): Promise<Record<string, unknown>> {
  const waiting = new AbortController();
  const late = sleep(LINE_TIMEOUT_MS, undefined, { signal: waiting.signal }).then(() => {
    throw new Error(`the crowd at the ${server.name} said nothing for ${LINE_TIMEOUT_MS / 1000} s`);
  });
  const line = await Promise.race([lines.next(), late]).finally(() => waiting.abort());
  late.catch(() => undefined);
  if (line.done === true) throw new Error(`the crowd at the ${server.name} ended`);
  return JSON.parse(line.value) as Record<string, unknown>;
}
