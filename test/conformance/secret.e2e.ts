/** The bridge beside a real node, both with a secret: the recorded lines again, framing, envelope, subscribes. */
import { describe, expect, it } from 'vitest';
import { PASSWORD, SECRET } from '../e2e/world.js';
import { envelopeCases } from './cases/envelope.js';
import { framingCases } from './cases/framing.js';
import { recordedCases } from './cases/recorded.js';
import { subscribeCases } from './cases/subscribe.js';
import { CLOSED, play } from './conversation.js';
import { compareEach, startSides } from './sides.js';

const env = { STRATUM_SECRET: SECRET, POW_ALGORITHM: 'keccak-test' };
const sides = startSides({ stratumSecret: SECRET }, env, PASSWORD);

describe('recorded lines', () => {
  compareEach(sides, recordedCases);

  it('are what the node still says', async () => {
    const said: string[] = [];
    for (const { conversation } of recordedCases) {
      const heard = await play(sides.node.stratumPort, conversation);
      const lines = heard.filter((line) => line !== CLOSED && !line.includes('"id":"admitted"'));
      said.push(lines.map((line) => `${line}\n`).join(''));
    }
    expect(said).toEqual(recordedCases.map(({ recorded }) => recorded));
  });
});

describe('framing', () => compareEach(sides, framingCases));
describe('requests and batches', () => compareEach(sides, envelopeCases));
describe('subscribe', () => compareEach(sides, subscribeCases));

it('answers what was complete when the miner closed its side, which the node does most of the time', async () => {
  const lines = '{"id":1,"method":"x"}\n{"id":2,"method":"x"}\n{"id":3,"unfini';
  const conversation = [{ send: Buffer.from(lines) }, { close: 'half' }] as const;
  const answers = [1, 2].map((id) => `{"error":{"code":-32601,"message":"Method not found"},"id":${id}}`);
  let lossless = 0;
  for (let round = 0; round < 40; round++) {
    expect(await play(sides.bridge.stratumPort, conversation)).toEqual([...answers, CLOSED]);
    const heard = await play(sides.node.stratumPort, conversation);
    if (heard.length === 3) expect(heard).toEqual([...answers, CLOSED]);
    if (heard.length === 3) lossless++;
  }
  expect(lossless).toBeGreaterThan(0);
});
