/** Generated lines to the real node and to the bridge. CONFORMANCE_SEED repeats a run, CONFORMANCE_LINES makes it longer. */
import { expect, it } from 'vitest';
import { PASSWORD, SECRET } from '../e2e/world.js';
import { CLOSED, play, type Step } from './conversation.js';
import { LineGenerator, randomFrom } from './generator.js';
import { startSides } from './sides.js';

const seed = Number(process.env['CONFORMANCE_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const count = Number(process.env['CONFORMANCE_LINES'] ?? 300);
const env = { STRATUM_SECRET: SECRET, POW_ALGORITHM: 'keccak-test' };
const sides = startSides({ stratumSecret: SECRET }, env, PASSWORD);

/** A submit needs a subscribed connection at the bridge, so every conversation begins with one. */
const admitted: Step[] = [
  { send: `{"id":0,"method":"mining.subscribe","params":["w","${PASSWORD}"]}` },
  { read: 1 },
];

it(`${count} lines from CONFORMANCE_SEED=${seed}`, async () => {
  process.stdout.write(`generated lines: CONFORMANCE_SEED=${seed}\n`);
  const generator = new LineGenerator(randomFrom(seed));
  const heard = { errors: 0, results: 0, closed: 0 };
  for (let index = 0; index < count; index++) {
    const line = generator.next();
    const conversation = conversationOf(line);
    const [node, bridge] = await Promise.all([
      play(sides.node.stratumPort, conversation),
      play(sides.bridge.stratumPort, conversation),
    ]);
    expect(bridge, `line ${index} of seed ${seed}: ${JSON.stringify(line.toString('latin1'))}`).toEqual(node);
    if (node.includes(CLOSED)) heard.closed++;
    else if (node.slice(1).some((reply) => reply.includes('"result"'))) heard.results++;
    else heard.errors++;
  }
  // A generator that has come to make nothing but garbage would prove little.
  for (const amount of Object.values(heard))
    expect(amount, JSON.stringify(heard)).toBeGreaterThan(count / 100);
});

/** Where the node closes, answers before the bad line might be lost to a reset: they are read before it is sent. */
function conversationOf(bytes: Buffer): Step[] {
  const steps: Step[] = [...admitted];
  let rest = bytes;
  for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
    steps.push({ send: rest.subarray(0, end + 1) }, { read: 1 });
    rest = rest.subarray(end + 1);
  }
  return [...steps, { send: Buffer.concat([rest, Buffer.from('\n')]) }];
}
