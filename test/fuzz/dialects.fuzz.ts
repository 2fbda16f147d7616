/**
 * Any lines to every dialect: it does not throw, its state and its answers stay bounded, every answer is one line of
 * JSON for the request it belongs to, and nobody submits without the password where one is set.
 */
import assert from 'node:assert/strict';
import type { Dialect, Effect, ConfluxShare, ConfluxWork, Verdict } from '#libs/mining';
import {
  ConfluxDialect,
  confluxRustWire,
  DEFAULT_MESSAGE_LIMITS,
  documentedWire,
  EthereumStratumDialect,
  MAX_WORKERS_PER_CONNECTION,
} from '#libs/stratum';
import { MINER_LINES } from './corpus.js';
import { fuzz, type Random } from './fuzzer.js';
import { anyLine } from './lines.js';

const VERDICTS: readonly Verdict['kind'][] = [
  'accepted',
  'malformed',
  'unauthorized',
  'stale',
  'duplicate',
  'invalid',
  'unanswered',
  'unchecked',
];
const { workerName, batch } = DEFAULT_MESSAGE_LIMITS;
/** Names in JSON text have up to six characters for one. */
const MAX_STATE = 200 + MAX_WORKERS_PER_CONNECTION * (6 * workerName + 3);
/** Beside what it echoes. */
const MAX_ANSWER = 300;

const doors = {
  open: { authenticate: () => true, subscribeFirst: false },
  guarded: { authenticate: (secret: string) => secret === 'pw', subscribeFirst: true },
  shut: { authenticate: () => false, subscribeFirst: true },
};

type AnyDialect = Dialect<ConfluxWork, ConfluxShare, object, object>;

function checkEffect(
  dialect: AnyDialect,
  effect: Effect<ConfluxShare, object>,
  line: string,
  verdict: Verdict,
): void {
  if (effect.kind === 'authorize') assert(effect.worker.length <= workerName);
  if (effect.kind !== 'answer') return;
  assert(effect.parts.length <= batch);
  if (!effect.batch) assert(effect.parts.length <= 1);
  const bodies = effect.parts.map((part) => {
    if (typeof part === 'string') return part;
    assert(part.share.worker.length <= workerName);
    assert.equal(part.share.nonce >> 256n, 0n);
    return dialect.encodeVerdict(part.request, verdict);
  });
  // Twice: a value that is named in an error text is quoted in a quotation.
  assert(bodies.join('').length <= 2 * line.length + MAX_ANSWER * bodies.length);
  for (const body of bodies) checkBody(body, effect.batch ? undefined : line);
}

function checkBody(body: string, line: string | undefined): void {
  assert.doesNotMatch(body, /[\n\r]/);
  const answer = JSON.parse(body) as Record<string, unknown>;
  assert(Object.hasOwn(answer, 'id'));
  if (line === undefined || answer['id'] === null) return;
  assert.equal(answer['id'], (JSON.parse(line) as Record<string, unknown>)['id']);
}

function converse(random: Random, dialect: AnyDialect, state: object): Effect<ConfluxShare, object>[] {
  const all: Effect<ConfluxShare, object>[] = [];
  for (let left = 1 + random.below(24); left > 0; left--) {
    const line = anyLine(random, MINER_LINES);
    const turn = dialect.onMessage(state, line);
    const verdict: Verdict = { kind: random.one(VERDICTS) };
    for (const effect of turn.effects) checkEffect(dialect, effect, line, verdict);
    ({ state } = turn);
    assert(JSON.stringify(state).length <= MAX_STATE);
    all.push(...turn.effects);
  }
  return all;
}

const sharesIn = (effects: readonly Effect<ConfluxShare, object>[]) =>
  effects.flatMap((effect) =>
    effect.kind === 'answer'
      ? effect.parts.flatMap((part) => (typeof part === 'string' ? [] : [part.share]))
      : [],
  );

for (const [door, admission] of Object.entries(doors)) {
  const wires = { 'conflux-rust': confluxRustWire, documented: documentedWire };
  for (const [profile, wire] of Object.entries(wires)) {
    const dialect = new ConfluxDialect(wire, admission);
    fuzz(`${profile}, ${door}`, (random) => {
      const effects = converse(random, dialect, dialect.open());
      // A blank before it, and a line is read piece by piece.
      const line = anyLine(random, MINER_LINES);
      assert.deepEqual(
        dialect.onMessage(dialect.open(), line),
        dialect.onMessage(dialect.open(), ` ${line}`),
      );
      if (door !== 'shut') return;
      assert.deepEqual(sharesIn(effects), []);
      assert(!effects.some(({ kind }) => kind === 'authorize' || kind === 'subscribe'));
    });
  }
  const dialect = new EthereumStratumDialect(admission, () => '00'.repeat(32));
  fuzz(`EthereumStratum, ${door}`, (random) => {
    const extranonce = random.one([0, 0x080c, 0xffff]);
    const effects = converse(random, dialect, dialect.open(extranonce));
    const shares = sharesIn(effects);
    for (const { nonce, suspect } of shares) assert.equal(nonce >> 48n !== BigInt(extranonce), suspect);
    if (door === 'shut') assert.deepEqual(shares, []);
  });
}
