/** What submits are made of: jobs that both sides know and nonces for them, right, wrong and spent. */
import { expect } from 'vitest';
import { distanceOf } from '#libs/mining';
import { keccakTestHash } from '#libs/octopus';
import { LineClient, type Notify } from '#libs/testkit';
import type { PlayOptions } from './conversation.js';
import type { Playing, Sides } from './sides.js';

/** Searches begin at different places of 64 bits, so that no two nonces of a run are the same. */
let searches = 0;

export interface Bench {
  readonly job: Notify;
  readonly past: Notify;
  readonly wrong: bigint;
  readonly solved: bigint;
}

/**
 * Mines two blocks through the bridge. The job is that of the second: solved, and in both sides' windows. It goes on
 * mining while one of the `unlucky` nonces, which a case takes for wrong, would solve it.
 */
export async function setUpBench(sides: Sides, unlucky: readonly bigint[] = []): Promise<Bench> {
  const client = await LineClient.open(sides.bridge.stratumPort);
  try {
    expect(await client.subscribe()).toBe(true);
    let past = await client.job();
    for (;;) {
      const { job } = await mineNext(client, past);
      const { job: next, solved } = await mineNext(client, job);
      if (!unlucky.some((nonce) => isSolution(job, nonce))) {
        return { past, job, wrong: nonceFor(job, false), solved };
      }
      past = next;
    }
  } finally {
    client.close();
  }
}

/** Mines until the node has broadcast more jobs than its window holds: two come with each block. */
export async function leaveWindow(sides: Sides, window: number): Promise<void> {
  for (let broadcasts = 0; broadcasts <= window; broadcasts += 4) await setUpBench(sides);
}

/** Fills in the words of cases/submit.ts. A fresh nonce is <fresh> in what comes back, for it is each side's own. */
export function playingWith(bench: Bench): Playing {
  const expected = (line: string): string => line.replace('<solved, decimal>', String(bench.solved));
  return { node: optionsFor(bench), bridge: optionsFor(bench), expected };
}

function optionsFor({ job, past, wrong, solved }: Bench): PlayOptions {
  const fresh = nonceFor(job, true);
  const words = new Map([
    ['job', job.hash.slice(2)],
    ['past', past.hash.slice(2)],
    ...Object.entries({ wrong, solved, fresh }).map(
      ([name, nonce]) => [name, nonce.toString(16).padStart(16, '0')] as const,
    ),
  ]);
  const fill = (text: string): string =>
    text
      .replace(/<([a-z]+)>/g, (whole, name: string) => words.get(name) ?? whole)
      .replace(/<([A-Z]+)>/g, (whole, name: string) => words.get(name.toLowerCase())?.toUpperCase() ?? whole);
  return { fill, normalize: (line) => line.replaceAll(`nonce = ${fresh}!`, 'nonce = <fresh>!') };
}

/**
 * Solves the job and goes on until one of the next height comes. One block may not be enough: where cases left several
 * blocks of one height, the node may prefer another branch; and after two of some fifty nonces that came within
 * milliseconds of their job it said true, but sent only a new job of the same height, 10 s later.
 */
export async function mineNext(client: LineClient, job: Notify): Promise<{ job: Notify; solved: bigint }> {
  const solved = await solve(client, job);
  for (;;) {
    const next = await client.job();
    if (next.height > job.height) return { job: next, solved };
    await solve(client, next);
  }
}

async function solve(client: LineClient, job: Notify): Promise<bigint> {
  const nonce = nonceFor(job, true);
  expect(await client.submit(job, nonce)).toEqual([true]);
  return nonce;
}

/** A nonce of 16 digits, some of them letters, that does or does not solve the job. */
function nonceFor(job: Notify, solves: boolean): bigint {
  searches++;
  for (let nonce = 0xc0ffee0000000000n + (BigInt(searches) << 24n); ; nonce++) {
    if (isSolution(job, nonce) === solves) return nonce;
  }
}

/** By the rule of test chains without Octopus. */
function isSolution({ hash, boundary }: Notify, nonce: bigint): boolean {
  const powHash = keccakTestHash(Buffer.from(hash.slice(2), 'hex'), nonce);
  return distanceOf(BigInt(`0x${Buffer.from(powHash).toString('hex')}`), nonce) < boundary;
}
