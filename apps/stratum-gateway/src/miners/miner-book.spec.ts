import { beforeEach, expect, it } from 'vitest';
import { targetOfDifficulty, type ConfluxWork, type Hash32, type Judgement, type JobId } from '#libs/mining';
import { GatewayEvents, type GatewayEvent } from '../events.js';
import { MinerBook } from './miner-book.js';

const work: ConfluxWork = {
  key: 'a',
  lineage: 'node/1',
  source: 'node',
  height: 1,
  networkTarget: targetOfDifficulty(1024n),
  receivedAt: 0,
  headerHash: 'a' as Hash32,
  sourceJobId: 'a',
};
const job = { id: '17' as JobId, sequence: 17, work, target: targetOfDifficulty(256n) };
const share = (over: Partial<Judgement<ConfluxWork>> = {}): Judgement<ConfluxWork> => ({
  verdict: { kind: 'accepted' },
  solved: false,
  value: targetOfDifficulty(512n) - 1n,
  job,
  before: undefined,
  ...over,
});

let events: GatewayEvents;
let book: MinerBook;
beforeEach(() => {
  events = new GatewayEvents();
  book = new MinerBook(events, 2);
});

const tell = (event: GatewayEvent): void => {
  events.emit(event);
  events.flush();
};
const join = (session: number, worker: string) =>
  tell({ type: 'worker', session, remote: `127.0.0.1:${session}`, worker });
const leave = (session: number) => tell({ type: 'miner-gone', session, remote: '', worker: '', reason: '' });
const submit = (session: number, worker: string, judgement = share()) =>
  tell({ type: 'share', session, worker, judgement });

it('counts a share for its session, its worker and the farm', () => {
  join(1, 'rig');
  submit(1, 'rig');
  submit(1, 'rig', share({ verdict: { kind: 'invalid' }, value: undefined }));
  for (const record of [book.total, book.sessions.get(1)?.record, book.workers.get('rig')?.record]) {
    expect(record?.tally.counts).toMatchObject({ accepted: 1, invalid: 1 });
    expect(record?.tally.effort).toBe(0.25);
    expect(record?.tally.best).toBeCloseTo(512, 0);
    expect(record?.hashrate.read(Date.now()).oneMinute.shares).toBe(1);
    expect(record?.difficulty).toBe(256);
  }
});

it('ends the effort with a block', () => {
  join(1, 'rig');
  for (let count = 0; count < 8; count++) submit(1, 'rig');
  expect(book.total.tally.effort).toBe(2);
  submit(1, 'rig', share({ solved: true }));
  expect(book.total.tally).toMatchObject({ effort: 0, blocks: 1 });
});

it('counts under the name of the share only where the session may use it', () => {
  join(1, 'one');
  join(1, 'two');
  submit(1, 'one');
  submit(1, 'somebody else');
  expect(book.workers.get('one')?.record.tally.counts.accepted).toBe(1);
  expect(book.workers.get('two')?.record.tally.counts.accepted).toBe(1);
  expect(book.workers.has('somebody else')).toBe(false);
});

it('keeps a worker over its sessions, and forgets the one gone longest when there are too many', () => {
  join(1, 'first');
  join(2, 'second');
  submit(1, 'first');
  join(3, 'third');
  expect([...book.workers.keys()]).toEqual(['first', 'second']);
  leave(2);
  leave(1);
  expect(book.sessions.size).toBe(1);
  join(4, 'first');
  expect(book.workers.get('first')).toMatchObject({ goneAt: undefined });
  expect(book.workers.get('first')?.record.tally.counts.accepted).toBe(1);
  join(5, 'fifth');
  expect([...book.workers.keys()]).toEqual(['first', 'fifth']);
});

it('names two rigs that do the same', () => {
  const named: GatewayEvent[] = [];
  events.stream$.subscribe((event) => event.type === 'identical-work' && named.push(event));
  for (let count = 0; count < 5; count++) tell({ type: 'same-hash', miners: ['one', 'two'] });
  expect(named).toEqual([{ type: 'identical-work', miners: ['one', 'two'] }]);
});
