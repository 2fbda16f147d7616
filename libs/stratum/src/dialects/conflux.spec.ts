import { describe, expect, it } from 'vitest';
import type { ConfluxWork, Hash32, Job, JobId, Verdict } from '#libs/mining';
import { heapGrowth, isPositional, receivedLine, recordedReplies } from '#libs/testkit';
import { ConfluxDialect, type ConfluxWire } from './conflux.js';
import { confluxRustWire } from './conflux-rust.js';
import { documentedWire } from './documented.js';

const hash = `0x${'ab'.repeat(32)}`;

/** Answers the way a session would, with every share getting the same verdict. */
function converse(
  lines: readonly string[],
  verdict: Verdict,
  wire: ConfluxWire = confluxRustWire,
  subscribeFirst = false,
) {
  const dialect = new ConfluxDialect(wire, { authenticate: (secret) => secret === 'pw', subscribeFirst });
  let state = dialect.open();
  const workers: string[] = [];
  let sent = '';
  for (const line of lines) {
    const turn = dialect.onMessage(state, line);
    state = turn.state;
    for (const effect of turn.effects) {
      if (effect.kind === 'authorize') workers.push(effect.worker);
      else if (effect.kind === 'answer') {
        const texts = effect.parts.map((part) =>
          typeof part === 'string' ? part : dialect.encodeVerdict(part.request, verdict),
        );
        sent += effect.batch && texts.length > 0 ? `[${texts.join(',')}]\n` : `${texts.join('')}\n`;
      }
    }
  }
  return { sent, workers };
}

describe('conflux-rust profile', () => {
  const readable = recordedReplies().filter(
    ({ send }) => send !== undefined && !isPositional(send) && !/hashrate"/i.test(send),
  );

  it.each(readable)('answers as the node did: $send', ({ send = '', reply }) => {
    expect(converse(send.split('\n'), { kind: 'stale' }).sent).toBe(reply);
  });

  it('writes a job to the byte', () => {
    const dialect = new ConfluxDialect(confluxRustWire, { authenticate: () => true, subscribeFirst: false });
    expect(dialect.encodeJob(job(hash, (1n << 248n) / 5n))).toBe(
      `{ "id": 23, "method": "mining.notify", "params": ["${hash}", "4985137", "${hash}","0x${((1n << 248n) / 5n).toString(16)}"] }\n`,
    );
  });

  it.each<[Verdict, string]>([
    [{ kind: 'accepted' }, '[true]'],
    [{ kind: 'malformed' }, '[false]'],
    [{ kind: 'invalid' }, '[false,"Incorrect Nonce! worker_id = w!"]'],
    [{ kind: 'stale' }, '[false,"Solution for a stale job! worker_id = w"]'],
    [{ kind: 'duplicate' }, '[false,"Problem already solved with nonce = 31! worker_id = w"]'],
  ])('spells %o', (verdict, text) => {
    const submit = `{"id":7,"method":"mining.submit","params":["w","j","0x1F","${hash}"]}`;
    expect(converse([submit], verdict).sent).toBe(`{"result":${text},"id":7}\n`);
  });

  it('admits submits only after a right secret when one is set', () => {
    const submit = `{"id":7,"method":"mining.submit","params":["w","j","0x1","${hash}"]}`;
    const subscribe = (secret: string) => `{"id":1,"method":"mining.subscribe","params":["rig","${secret}"]}`;
    const { sent, workers } = converse(
      [submit, subscribe('wrong'), submit, subscribe('pw'), submit],
      { kind: 'accepted' },
      confluxRustWire,
      true,
    );
    const results = sent
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { result: unknown }).result);
    expect(results).toEqual([
      [false, 'Not subscribed! worker_id = w'],
      false,
      [false, 'Not subscribed! worker_id = w'],
      true,
      [true],
    ]);
    expect(workers).toEqual(['rig']);
  });

  it('sees a subscribe earlier in the same batch', () => {
    const batch = `[{"id":1,"method":"mining.subscribe","params":["rig","pw"]},{"id":2,"method":"mining.submit","params":["w","j","0x1","${hash}"]}]`;
    expect(converse([batch], { kind: 'accepted' }, confluxRustWire, true).sent).toBe(
      '[{"result":true,"id":1},{"result":[true],"id":2}]\n',
    );
  });

  it('refuses a nonce of 65 digits', () => {
    const submit = `{"id":7,"method":"mining.submit","params":["w","j","0x${'0'.repeat(65)}","${hash}"]}`;
    expect(converse([submit], { kind: 'accepted' }).sent).toBe('{"result":[false],"id":7}\n');
  });

  it('says why it closes a connection', () => {
    const dialect = new ConfluxDialect(confluxRustWire, { authenticate: () => true, subscribeFirst: false });
    expect(JSON.parse(dialect.encodeFarewell('a line longer than 16384 bytes'))).toEqual({
      jsonrpc: '2.0',
      error: { code: -32000, message: 'a line longer than 16384 bytes' },
      id: null,
    });
  });

  it('authorizes workers under names that do not keep their lines', () => {
    const dialect = new ConfluxDialect(confluxRustWire, { authenticate: () => true, subscribeFirst: false });
    const workers: string[] = [];
    const grown = heapGrowth(() => {
      for (let k = 0; k < 64; k++) {
        const line = `{"id":1,"method":"mining.subscribe","params":["a-rig-with-a-long-name-${k}",""]}`;
        for (const effect of dialect.onMessage(dialect.open(), receivedLine(line, 1 << 18)).effects) {
          if (effect.kind === 'authorize') workers.push(effect.worker);
        }
      }
    });
    expect(workers).toHaveLength(64);
    expect(grown).toBeLessThan(4 << 20);
  });

  it.each(['eth_submitHashrate', 'alph_submitHashrate', 'mining.hashrate'])('takes %s as said', (method) => {
    expect(converse([`{"id":9,"method":"${method}","params":["0x1","0x2"]}`], { kind: 'stale' }).sent).toBe(
      '{"result":true,"id":9}\n',
    );
  });

  it('takes a miner that tries another protocol for no guess at the password', () => {
    const dialect = new ConfluxDialect(confluxRustWire, { authenticate: () => false, subscribeFirst: true });
    const line = '{"id":1,"method":"mining.subscribe","params":["Miner/1.0","EthereumStratum/1.0.0"]}';
    const error =
      '{"code":-32602,"message":"Invalid params: EthereumStratum/1.0.0 is not spoken on this port."}';
    expect(dialect.onMessage(dialect.open(), line).effects).toEqual([
      { kind: 'answer', parts: [`{"error":${error},"id":1}`], batch: false },
    ]);
  });

  it('bounds batches, names and nesting', () => {
    const dialect = new ConfluxDialect(
      confluxRustWire,
      { authenticate: () => true, subscribeFirst: false },
      { batch: 2, workerName: 3, jsonDepth: 2 },
    );
    const ask = (line: string): unknown => {
      const [effect] = dialect.onMessage(dialect.open(), line).effects;
      return effect?.kind === 'answer' && effect.parts.length === 1 ? effect.parts[0] : effect;
    };
    const one = '{"id":1,"method":"x"}';
    expect(ask(`[${one},${one}]`)).toMatchObject({ batch: true });
    expect(ask(`[${one},${one},${one}]`)).toContain('a batch of more than 2 requests');
    expect(ask('{"id":1,"method":"mining.subscribe","params":["rig",""]}')).toContain('true');
    expect(ask('{"id":1,"method":"mining.subscribe","params":["rig1",""]}')).toContain(
      'Invalid params: a worker name of more than 3 characters.',
    );
    expect(ask('{"id":1,"method":"x","params":[[]]}')).toContain('Parse error');
    const submit = `{"id":1,"method":"mining.submit","params":["rig1","j","1","${hash}"]}`;
    expect(ask(submit)).toMatchObject({ share: { worker: 'rig' } });
  });
});

describe('documented profile: the example lines of the official page', () => {
  const subscribe = '{"jsonrpc":"2.0","method":"mining.subscribe","params":["cfxmine", ""],"id":1}';
  const submit =
    '{"jsonrpc":"2.0","method":"mining.submit","params":["cfxmine", "0x2106e1162d1199483fa010bcaa7d4f05b23b85d456b4a7089d787ae2e880deaf","0x21b49d385865819a171ed8cd9d9f80acc468e501f3486d3600000000000c786c","0x2106e1162d1199483fa010bcaa7d4f05b23b85d456b4a7089d787ae2e880deaf"],"id":1}';
  const open = new ConfluxDialect(documentedWire, { authenticate: () => true, subscribeFirst: false });

  it('answers mining.subscribe with the string "true"', () => {
    const [effect] = open.onMessage(open.open(), subscribe).effects;
    expect(effect).toEqual({
      kind: 'answer',
      parts: ['{"jsonrpc":"2.0","result":"true","id":1}'],
      batch: false,
    });
  });

  it('answers mining.submit with ["true"], or ["false", reason]', () => {
    expect(JSON.parse(converse([submit], { kind: 'accepted' }, documentedWire).sent)).toEqual({
      jsonrpc: '2.0',
      result: ['true'],
      id: 1,
    });
    expect(JSON.parse(converse([submit], { kind: 'invalid' }, documentedWire).sent)).toEqual({
      jsonrpc: '2.0',
      result: ['false', 'Incorrect Nonce! worker_id = cfxmine!'],
      id: 1,
    });
  });

  it('writes mining.notify with job id, hash and boundary', () => {
    const header = '0x4e08db21d43a7696afa3d00ed948568210f3ab3f34673f1d17198625ec175a9c';
    const boundary = 0x1a4e3422948568210f3ab3f34673f1d17198625ec175a9cn;
    expect(open.encodeJob({ ...job(header, boundary), sequence: 3 })).toBe(
      '{"jsonrpc":"2.0","method":"mining.notify","params":["0x4e08db21d43a7696afa3d00ed948568210f3ab3f34673f1d17198625ec175a9c","0x4e08db21d43a7696afa3d00ed948568210f3ab3f34673f1d17198625ec175a9c","0x1a4e3422948568210f3ab3f34673f1d17198625ec175a9c"],"id":3}\n',
    );
  });
});

function job(headerHash: string, target: bigint): Job<ConfluxWork> {
  const work = {
    key: headerHash,
    lineage: 'node/4985137',
    source: 'node',
    height: 4985137,
    networkTarget: target,
    receivedAt: 0,
    headerHash: headerHash as Hash32,
    sourceJobId: headerHash,
  };
  return { id: headerHash as JobId, sequence: 23, work, target };
}
