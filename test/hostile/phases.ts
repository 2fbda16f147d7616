/** The phases as a table: which attack, what has to happen meanwhile, and what it must have led to. */
import { expect } from 'vitest';
import { CLAIMED } from './attacks/proxy-headers.js';
import type { AttackKind } from './attacks/attacks.js';
import type { AttackReport } from './attacks/tally.js';
import { SHORT_DEADLINE_S, type HostileWorld } from './hostile-world.js';

export interface Scene {
  readonly world: HostileWorld;
  /** Addresses of the attack: `127.a.b`, and its first one. */
  readonly network: string;
  readonly attacker: string;
}

export interface Phase {
  readonly name: string;
  /** Undefined: the honest miner alone, what all others are compared with. */
  readonly attack: AttackKind | undefined;
  /** Runs while the attack does; the attack goes on until it is done. */
  readonly meanwhile?: (scene: Scene) => Promise<void>;
  readonly afterwards?: (scene: Scene, report: AttackReport) => Promise<void> | void;
}

/** A deadline of the gateway and as much again as a loaded machine needs to keep it. */
const BY_DEADLINE = { timeout: (SHORT_DEADLINE_S + 8) * 1000, interval: 100 };

const allClosed = async ({ world, network }: Scene): Promise<void> => {
  await expect.poll(() => world.gateway.connectionsFrom(network), BY_DEADLINE).toBe(0);
};

const notBanned = async ({ world, network }: Scene): Promise<void> => {
  const bans = await world.gateway.bans();
  expect(bans.filter(({ address }) => address.startsWith(`${network}.`))).toEqual([]);
};

const banned = async ({ world, attacker }: Scene): Promise<void> => {
  // A gateway that keeps no list fails here, not at the end of the wait.
  await world.gateway.bans();
  const listed = async () => (await world.gateway.bans()).find(({ address }) => address === attacker);
  await expect.poll(listed, BY_DEADLINE).toMatchObject({ reason: expect.stringMatching(/./) as string });
};

const honestNotBanned = async ({ world }: Scene): Promise<void> => {
  expect((await world.gateway.bans()).map(({ address }) => address)).not.toContain('127.0.0.1');
  await world.honestNewcomer();
};

const liftsBan = async ({ world, attacker }: Scene): Promise<void> => {
  await world.gateway.liftBan(attacker);
  expect((await world.gateway.bans()).map(({ address }) => address)).not.toContain(attacker);
};

/** Each connection got one error line before it was closed. */
const toldWhy = (_: Scene, report: AttackReport): void => {
  expect(report.answers['-32000']).toBe(report.connects);
  expect(report.leftOpen).toBe(0);
};

const answered = (kind: string) => (_: Scene, report: AttackReport) => {
  expect(report.answers[kind]).toBeGreaterThan(0);
};

type Check = NonNullable<Phase['afterwards']>;

const all =
  (...checks: Check[]): Check =>
  async (scene, report) => {
    for (const check of checks) await check(scene, report);
  };

export const PHASES: readonly Phase[] = [
  { name: 'calm', attack: undefined },
  { name: 'random bytes', attack: 'randomBytes' },
  { name: 'garbage lines', attack: 'garbage', afterwards: all(answered('-32700'), notBanned) },
  { name: 'mutated lines', attack: 'mutated' },
  { name: 'deep nesting', attack: 'nested', afterwards: all(answered('-32700'), notBanned) },
  { name: 'huge numbers', attack: 'hugeNumbers', afterwards: all(answered('-32700'), notBanned) },
  { name: 'huge batches', attack: 'hugeBatches', afterwards: all(answered('-32600'), notBanned) },
  { name: 'over-long hex', attack: 'longHex', afterwards: answered('[false]') },
  { name: 'dialect probes', attack: 'probes', afterwards: all(answered('-32601'), notBanned) },
  { name: 'slow loris', attack: 'slowLoris', meanwhile: allClosed, afterwards: toldWhy },
  { name: 'slow readers', attack: 'slowReaders', meanwhile: allClosed },
  { name: 'unread replies', attack: 'unreadReplies' },
  { name: 'oversized lines', attack: 'oversizedLines', meanwhile: allClosed, afterwards: toldWhy },
  { name: 'drips', attack: 'drips', meanwhile: allClosed, afterwards: toldWhy },
  { name: 'half-open', attack: 'halfOpen' },
  { name: 'connect and drop', attack: 'connectAndDrop' },
  { name: 'idle strangers', attack: 'idleOnce', meanwhile: allClosed, afterwards: toldWhy },
  {
    name: 'all places taken',
    attack: 'idleStrangers',
    meanwhile: ({ world }) => world.honestNewcomer(),
    afterwards: answered('-32000'),
  },
  { name: 'idle subscribers', attack: 'idleSubscribers', afterwards: notBanned },
  {
    name: 'secret guesses',
    attack: 'secretGuesses',
    meanwhile: banned,
    afterwards: all(honestNotBanned, liftsBan),
  },
  { name: 'wrong nonces', attack: 'wrongNonces', meanwhile: banned, afterwards: honestNotBanned },
  { name: 'unknown jobs', attack: 'unknownJobs' },
  { name: 'duplicates', attack: 'duplicates', afterwards: notBanned },
  { name: 'TLS garbage', attack: 'tlsGarbage', meanwhile: allClosed },
  { name: 'TLS handshakes', attack: 'unfinishedHandshakes' },
  {
    name: 'forged PROXY',
    attack: 'proxyHeaders',
    meanwhile: banned,
    afterwards: async (scene) => {
      const addresses = (await scene.world.gateway.bans()).map(({ address }) => address);
      for (const claimed of CLAIMED) expect(addresses).not.toContain(claimed);
      await scene.world.honestNewcomer();
    },
  },
];
