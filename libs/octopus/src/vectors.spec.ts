// Every real and synthetic vector, by the addon and by the reference. Building the caches of 18 stages in TypeScript
// would take minutes, so here the reference hashes on caches that the addon built; typescript.spec.ts shows that
// both build the same cache.
import { afterAll, describe, expect, it } from 'vitest';
import vectors from '../../../test/vectors/octopus.json' with { type: 'json' };
import { openAddon } from './native.js';
import { packHash } from './packed.js';
import { octopusHash } from './reference/hash.js';
import { lightCacheFrom } from './reference/light-cache.js';
import { stageOf } from './reference/sizes.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
const hex = (data: Uint8Array): string => '0x' + Buffer.from(data).toString('hex');

const rows = [
  ...vectors.real.map(({ problemHash, ...row }) => ({ ...row, headerHash: problemHash })),
  ...vectors.synthetic,
];
const stages = new Map<number, typeof rows>();
for (const row of rows) stages.set(stageOf(row.height), [...(stages.get(stageOf(row.height)) ?? []), row]);

const addon = openAddon();
const engines = addon.isas().map((isa) => addon.open(isa, 1, 256, false, ''));
afterAll(() => engines.forEach(({ engine }) => addon.close(engine)));

it('has vectors of eighteen stages', () => {
  expect(rows).toHaveLength(132);
  expect(stages.size).toBe(18);
});

describe.each([...stages])('stage %i', (stage, ofStage) => {
  it('hashes as the vectors say, with every instruction set and in TypeScript', async () => {
    const [cache = expect.unreachable()] = await Promise.all(addon.build(engines[0]!.engine, [stage], false));
    const reference = lightCacheFrom(stage, addon.cacheWords(cache));
    for (const { height, headerHash, nonce, powHash } of ofStage) {
      const place = `height ${height} nonce ${nonce}`;
      for (const { engine, isa } of engines) {
        const result = await addon.verify(engine, cache, packHash(bytes(headerHash), BigInt(nonce)), 0);
        expect(hex(result.subarray(1)), `${isa}, ${place}`).toBe(powHash);
      }
      expect(hex(octopusHash(reference, bytes(headerHash), BigInt(nonce))), `reference, ${place}`).toBe(
        powHash,
      );
    }
    addon.release(cache);
  });
});
