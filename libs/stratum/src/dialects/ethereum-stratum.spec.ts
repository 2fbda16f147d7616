import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ConfluxShare, ConfluxWork, Hash32, Job, JobId, Verdict } from '#libs/mining';
import { seedHash, stageOf } from '#libs/octopus';
import { heapGrowth, octopusVectors, receivedLine } from '#libs/testkit';
import type { ConfluxAdmission } from './conflux.js';
import {
  EthereumStratumDialect,
  MAX_WORKERS_PER_CONNECTION,
  type EthereumStratumSession,
} from './ethereum-stratum.js';

/** A block of mainnet. Its nonce was found by somebody whose top two bytes shall have been our extranonce. */
const block = octopusVectors().real.find(({ height }) => height === 7_939_958)!;
const NONCE = BigInt(block.nonce);
const [EXTRANONCE, SUFFIX] = [0x209f, 'c5fbe719dace'];
const BARE = block.problemHash.slice(2);

const job: Job<ConfluxWork> = {
  id: block.problemHash as JobId,
  sequence: 17,
  target: BigInt(block.boundary),
  work: {
    key: block.problemHash,
    lineage: 'node/7939958',
    source: 'node',
    height: 7_939_958,
    networkTarget: BigInt(block.boundary),
    receivedAt: 0,
    headerHash: block.problemHash as Hash32,
    sourceJobId: block.problemHash,
  },
};

const seedHashOf = (height: number) => Buffer.from(seedHash(stageOf(height))).toString('hex');
const guarded: ConfluxAdmission = { authenticate: (secret) => secret === 'pw', subscribeFirst: true };
const open: ConfluxAdmission = { authenticate: () => true, subscribeFirst: false };
const dialectOf = (admission = open) => new EthereumStratumDialect(admission, seedHashOf);

/** What a listener would do around the dialect for one connection, with the block's nonce as the only solution. */
class Connection {
  readonly workers: string[] = [];
  readonly shares: ConfluxShare[] = [];
  wrongSecrets = 0;
  state: EthereumStratumSession;
  private readonly dialect: EthereumStratumDialect;

  constructor(admission = open, extranonce = EXTRANONCE, dialect = dialectOf(admission)) {
    this.dialect = dialect;
    this.state = dialect.open(extranonce);
  }

  /** The lines that come back, without terminators. */
  send(line: string): string[] {
    const { state, effects } = this.dialect.onMessage(this.state, line);
    this.state = state;
    let sent = '';
    for (const effect of effects) {
      if (effect.kind === 'authorize') this.workers.push(effect.worker);
      else if (effect.kind === 'wrong-secret') this.wrongSecrets++;
      else if (effect.kind === 'subscribe')
        sent += this.dialect.encodeTarget(job.target) + this.dialect.encodeJob(job);
      else {
        expect(effect.batch).toBe(false);
        for (const part of effect.parts) {
          sent += `${typeof part === 'string' ? part : this.dialect.encodeVerdict(part.request, this.judge(part.share))}\n`;
        }
      }
    }
    return sent.split('\n').slice(0, -1);
  }

  private judge(share: ConfluxShare): Verdict {
    const known = this.shares.some(({ nonce }) => nonce === share.nonce);
    this.shares.push(share);
    if (share.jobId !== job.id) return { kind: 'stale' };
    if (known) return { kind: 'duplicate' };
    return { kind: share.nonce === NONCE ? 'accepted' : 'invalid' };
  }
}

const request = (id: number | string | null, method: string, params: unknown) =>
  JSON.stringify({ id, method, params });
const SUBSCRIBE = request(1, 'mining.subscribe', ['Miner/1.0', 'EthereumStratum/1.0.0']);
const submit = (nonce: unknown, user: unknown = 'rig1', jobId: unknown = BARE) =>
  request(4, 'mining.submit', [user, jobId, nonce]);
const subscribed = (admission = open, extranonce = EXTRANONCE) => {
  const connection = new Connection(admission, extranonce);
  connection.send(SUBSCRIBE);
  return connection;
};
const methods = (lines: readonly string[]) =>
  lines.map((line) => {
    const { method, result, error } = JSON.parse(line) as Record<string, unknown>;
    return method ?? (error === null ? result : error);
  });

describe('the section of docs/protocol.md', () => {
  const doc = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');
  const section = /\n## EthereumStratum\/1\.0\.0\n([^]*?)\n## /.exec(doc)?.[1] ?? '';
  const talks = [...section.matchAll(/```\n(C [^]*?)```/g)].map(([, lines = '']) => lines.trim().split('\n'));

  it('has conversations', () => {
    expect(talks.length).toBeGreaterThanOrEqual(3);
  });

  it.each(talks.map((lines) => ({ lines })))('says what the dialect says, $lines.0', ({ lines }) => {
    const connection = new Connection(guarded);
    const said = lines
      .filter((line) => line.startsWith('C '))
      .flatMap((line) => [line, ...connection.send(line.slice(2)).map((answer) => `S ${answer}`)]);
    expect(lines).toEqual(said);
  });
});

describe('orders in which miners begin', () => {
  const extranonce = request(2, 'mining.extranonce.subscribe', []);
  const authorize = request(3, 'mining.authorize', ['rig1', 'pw']);
  const begun = ['mining.set_difficulty', 'mining.notify'];

  it('bzminer: waits for difficulty and job, then authorizes (bzminer/bzminer#121)', () => {
    const connection = new Connection(guarded);
    expect(methods(connection.send(SUBSCRIBE)).slice(1)).toEqual(begun);
    expect(methods(connection.send(extranonce))).toEqual([true]);
    expect(methods(connection.send(authorize))).toEqual([true]);
    expect(methods(connection.send(submit(SUFFIX)))).toEqual([true]);
    expect(connection.workers).toEqual(['rig1']);
  });

  it('GMiner: authorizes, and asks for extranonces last (develsoftware/GMinerRelease#108)', () => {
    const connection = new Connection(guarded);
    expect(methods(connection.send(SUBSCRIBE)).slice(1)).toEqual(begun);
    expect(methods(connection.send(authorize))).toEqual([true]);
    expect(methods(connection.send(extranonce))).toEqual([true]);
    expect(methods(connection.send(submit(SUFFIX)))).toEqual([true]);
  });

  it('lolMiner on NiceHash: subscribe and authorize in one write (Lolliedieb/lolMiner-releases#2133)', () => {
    const connection = new Connection(guarded);
    const answers = [SUBSCRIBE, authorize].flatMap((line) => connection.send(line));
    expect(methods(answers).slice(1)).toEqual([...begun, true]);
    expect(methods(connection.send(submit(SUFFIX)))).toEqual([true]);
  });

  it('a rig that authorizes first', () => {
    const connection = new Connection(guarded);
    expect(methods(connection.send(authorize))).toEqual([true]);
    expect(methods(connection.send(SUBSCRIBE)).slice(1)).toEqual(begun);
    expect(methods(connection.send(submit(SUFFIX)))).toEqual([true]);
  });

  it('subscribing again gives the same answer and no second job', () => {
    const connection = new Connection();
    const [first] = connection.send(SUBSCRIBE);
    expect(connection.send(SUBSCRIBE)).toEqual([first]);
  });
});

describe('mining.subscribe', () => {
  it.each([
    [['Miner/1.0', 'EthereumStratum/2.0.0']],
    [['Miner/1.0', 'EthereumStratum/1.0.0.1']],
    [['Miner/1.0', null]],
    [['Miner/1.0']],
    [['cfx:wallet.rig', '']],
    [[]],
    [{ agent: 'Miner/1.0' }],
    [null],
  ])('is refused with %j', (params) => {
    const connection = new Connection();
    expect(connection.send(request(1, 'mining.subscribe', params))).toEqual([
      '{"id":1,"result":null,"error":[20,"Only EthereumStratum/1.0.0 is served here",null]}',
    ]);
    expect(methods(connection.send(submit(SUFFIX)))).toEqual([[25, 'Not subscribed', null]]);
  });

  it('takes the protocol in any case', () => {
    const answers = new Connection().send(
      request(1, 'mining.subscribe', ['Miner/1.0', 'ETHEREUMSTRATUM/1.0.0', 'more']),
    );
    expect(answers).toHaveLength(3);
  });
});

describe('extranonces', () => {
  it('give two connections different nonces for one suffix', () => {
    const connections = [subscribed(open, 0x080c), subscribed(open, 0xffff), subscribed(open, 0)];
    for (const connection of connections) connection.send(submit('000000000001'));
    expect(connections.map(({ shares }) => shares[0]!.nonce)).toEqual([
      0x080c000000000001n,
      0xffff000000000001n,
      1n,
    ]);
  });

  it('are written with leading zeros', () => {
    expect(new Connection(open, 0x0c).send(SUBSCRIBE)[0]).toBe(
      '{"id":1,"result":[["mining.notify","000c","EthereumStratum/1.0.0"],"000c"],"error":null}',
    );
  });

  it.each([SUFFIX, SUFFIX.toUpperCase(), `0x${SUFFIX}`, `209f${SUFFIX}`, `0x209F${SUFFIX}`])(
    'a nonce may be %s',
    (nonce) => {
      const connection = subscribed();
      expect(connection.send(submit(nonce))).toEqual(['{"id":4,"result":true,"error":null}']);
      expect(connection.shares).toEqual([
        { worker: 'rig1', workKey: undefined, jobId: block.problemHash, nonce: NONCE, suspect: false },
      ]);
    },
  );

  it.each([
    '',
    '0x',
    'cfae7df760',
    '0c5fbe719dace',
    `0x0x${SUFFIX}`,
    `0X${SUFFIX}`,
    `${'0'.repeat(16)}${SUFFIX}`,
  ])('a nonce may not be %j', (nonce) => {
    const connection = subscribed();
    expect(connection.send(submit(nonce))[0]).toMatch(
      /^\{"id":4,"result":false,"error":\[20,"Malformed submit/,
    );
    expect(connection.shares).toEqual([]);
  });

  it('doubt a whole nonce of another connection, which may still be a block', () => {
    const connection = subscribed(open, 0x20a0);
    connection.send(submit(`209f${SUFFIX}`));
    expect(connection.shares).toMatchObject([{ nonce: NONCE, suspect: true }]);
    expect(new EthereumStratumDialect(open, () => '').encodeVerdict({ id: '4' }, { kind: 'malformed' })).toBe(
      `{"id":4,"result":false,"error":[20,"Malformed submit: the nonce is outside of this connection's extranonce",null]}`,
    );
  });
});

describe('workers', () => {
  it('need their password where one is set', () => {
    const connection = subscribed(guarded);
    expect(methods(connection.send(submit(SUFFIX)))).toEqual([[24, 'Unauthorized worker', null]]);
    connection.send(request(2, 'mining.authorize', ['rig1', 'wrong']));
    connection.send(request(2, 'mining.authorize', ['rig1']));
    expect(connection.wrongSecrets).toBe(2);
    expect(methods(connection.send(submit(SUFFIX)))).toEqual([[24, 'Unauthorized worker', null]]);
    connection.send(request(2, 'mining.authorize', ['rig2', 'pw']));
    expect(methods(connection.send(submit(SUFFIX, 'rig1')))).toEqual([[24, 'Unauthorized worker', null]]);
    expect(methods(connection.send(submit(SUFFIX, 'rig2')))).toEqual([true]);
  });

  it('may have any name where none is set', () => {
    const connection = subscribed();
    connection.send(request(2, 'mining.authorize', ['rig1']));
    expect(methods(connection.send(submit(SUFFIX, 'rig2')))).toEqual([true]);
    expect(connection.state.workers).toEqual([]);
  });

  it('are bounded in number and length', () => {
    const connection = subscribed(guarded);
    const authorize = (name: string) =>
      methods(connection.send(request(2, 'mining.authorize', [name, 'pw'])));
    for (let k = 0; k < MAX_WORKERS_PER_CONNECTION; k++) expect(authorize(`rig${k}`)).toEqual([true]);
    expect(authorize('one more')).toEqual([[20, 'More than 64 workers on one connection', null]]);
    expect(authorize('rig0')).toEqual([true]);
    expect(authorize('x'.repeat(257))).toEqual([[20, 'A worker name of more than 256 characters', null]]);
    expect(connection.state.workers).toHaveLength(MAX_WORKERS_PER_CONNECTION);
    const other = subscribed();
    other.send(submit(SUFFIX, 'x'.repeat(1000)));
    expect(other.shares[0]!.worker).toHaveLength(256);
  });

  it('do not keep the lines in which they came', () => {
    const connection = subscribed(guarded);
    const names = Array.from({ length: MAX_WORKERS_PER_CONNECTION }, (_, k) => `a-rig-with-a-long-name-${k}`);
    const grown = heapGrowth(() => {
      for (const name of names)
        connection.send(receivedLine(request(2, 'mining.authorize', [name, 'pw']), 1 << 18));
    });
    expect(connection.state.workers).toEqual(names);
    expect(grown).toBeLessThan(4 << 20);
  });
});

describe('answers', () => {
  const dialect = dialectOf();

  it.each<[Verdict['kind'], string]>([
    ['accepted', 'true,"error":null'],
    [
      'malformed',
      `false,"error":[20,"Malformed submit: the nonce is outside of this connection's extranonce",null]`,
    ],
    ['stale', 'false,"error":[21,"Job not found",null]'],
    ['duplicate', 'false,"error":[22,"Duplicate share",null]'],
    ['invalid', 'false,"error":[23,"Share above target",null]'],
    ['unauthorized', 'false,"error":[24,"Unauthorized worker",null]'],
    ['unanswered', 'false,"error":[20,"The node has not answered yet, the solution is kept",null]'],
    ['unchecked', 'false,"error":[20,"Not checked, submit again",null]'],
  ])('%s', (kind, text) => {
    expect(dialect.encodeVerdict({ id: '4' }, { kind })).toBe(`{"id":4,"result":${text}}`);
  });

  it('to a job under another name are those of an unknown job', () => {
    const connection = subscribed();
    expect(methods(connection.send(submit(SUFFIX, 'rig1', 'bf0488aa')))).toEqual([
      [21, 'Job not found', null],
    ]);
    expect(connection.shares[0]!.jobId).toBe('bf0488aa');
  });

  it.each([`0x${BARE}`, BARE.toUpperCase()])('find the job as %s', (jobId) => {
    expect(methods(subscribed().send(submit(SUFFIX, 'rig1', jobId)))).toEqual([true]);
  });

  it.each([
    [['rig1', BARE]],
    [['rig1', BARE, 7]],
    [[null, BARE, SUFFIX]],
    [['rig1', 1, SUFFIX]],
    [{ nonce: SUFFIX }],
    [null],
  ])('to a submit of %j are a refusal', (params) => {
    expect(methods(subscribed().send(request(4, 'mining.submit', params)))).toEqual([
      [20, 'Malformed submit', null],
    ]);
  });

  it.each(['0', '18446744073709551615', '"x"', '"\\u0000\\""', 'null'])('carry the id %s', (id) => {
    expect(new Connection().send(`{"id":${id},"method":"nosuch","jsonrpc":"2.0","worker":"w"}`)).toEqual([
      `{"id":${id},"result":null,"error":[20,"Method not found",null]}`,
    ]);
  });

  it.each([
    ['-1', 'Invalid id'],
    ['1.5', 'Invalid id'],
    ['18446744073709551616', 'Invalid id'],
    ['[]', 'Invalid id'],
    ['true', 'Invalid id'],
  ])('have the id null instead of %s', (id, text) => {
    expect(new Connection().send(`{"id":${id},"method":"mining.authorize","params":["a","b"]}`)).toEqual([
      `{"id":null,"result":null,"error":[20,"${text}",null]}`,
    ]);
  });

  it.each([
    ['', 'Parse error'],
    ['{', 'Parse error'],
    ['5', 'Parse error'],
    ['null', 'Parse error'],
    ['{} {}', 'Parse error'],
    [`{"a":${'['.repeat(127)}${']'.repeat(127)}}`, 'Parse error'],
    [`[${SUBSCRIBE}]`, 'Batches are not supported'],
    ['[]', 'Batches are not supported'],
    ['{}', 'Invalid request'],
    ['{"method":5}', 'Invalid request'],
  ])('to %s', (line, text) => {
    expect(new Connection().send(line)).toEqual([`{"id":null,"result":null,"error":[20,"${text}",null]}`]);
  });

  it('are not given to requests without id, which are not executed', () => {
    const connection = new Connection();
    expect(connection.send('{"method":"mining.subscribe","params":["m","EthereumStratum/1.0.0"]}')).toEqual(
      [],
    );
    expect(connection.state.subscribed).toBe(false);
  });

  it.each(['eth_submitHashrate', 'mining.hashrate'])('to %s are true', (method) => {
    expect(new Connection().send(request(9, method, ['0x1', '0x2']))).toEqual([
      '{"id":9,"result":true,"error":null}',
    ]);
  });
});

it('writes difficulty, job and farewell to the byte', () => {
  const dialect = dialectOf();
  expect(dialect.encodeTarget(0xffffn << 207n)).toBe(
    '{"id":null,"method":"mining.set_difficulty","params":[2]}\n',
  );
  expect(dialect.encodeJob(job)).toBe(
    `{"id":null,"method":"mining.notify","params":["${BARE}","${seedHashOf(7_939_958)}","${BARE}",true,7939958]}\n`,
  );
  expect(dialect.encodeFarewell('a line longer than "16384" bytes')).toBe(
    '{"id":null,"result":null,"error":[20,"a line longer than \\"16384\\" bytes",null]}\n',
  );
});
