import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { ConfluxWork, JobId, Verdict } from '#libs/mining';
import { ConfluxDialect, confluxRustWire } from '#libs/stratum';
import { DEFAULT_LIMITS, type Limits } from '../limit-settings.js';
import type { JobLine } from './job-lines.js';
import { Session } from './session.js';
import type { Grant, SessionHost } from './session-host.js';
import { ShareTarget } from './share-target.js';

/** A socket that keeps what each system call would have written. */
class FakeSocket extends Duplex {
  readonly calls: string[] = [];
  override _read(): void {
    return;
  }
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.calls.push(chunk.toString());
    done();
  }
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.calls.push(Buffer.concat(chunks.map(({ chunk }) => chunk)).toString());
    done();
  }
}

const hash = `0x${'ab'.repeat(32)}`;
const submit = (id: number): string =>
  `{"id":${id},"method":"mining.submit","params":["w","j","0x${id}","${hash}"]}\n`;
const noMethod = (id: number): string => `{"id":${id},"method":"x"}\n`;

/** A session whose shares get their verdicts from the returned functions, in the order of the submits. */
function setUp(
  over: Partial<Limits> = {},
  spend: Grant['spend'] = () => 0,
  mayWait = () => true,
  writableHighWaterMark = over.queuedBytes,
) {
  const verdicts: ((verdict: Verdict) => void)[] = [];
  const offences: string[] = [];
  const reasons: string[] = [];
  const target = new ShareTarget(
    { intervalMs: 10_000, minDifficulty: 1n, startDifficulty: 256n },
    Date.now(),
  );
  const host: SessionHost = {
    dialect: new ConfluxDialect(confluxRustWire, {
      authenticate: (secret) => secret !== 'wrong',
      subscribeFirst: false,
    }),
    limits: { ...DEFAULT_LIMITS, ...over },
    judge: () => new Promise((resolve) => verdicts.push(resolve)),
    onSubscribed: () => undefined,
    onAuthorized: () => undefined,
    onOffence: (_session, offence) => offences.push(offence),
    onClosed: (_session, reason) => reasons.push(reason),
  };
  const socket = new FakeSocket({ ...(writableHighWaterMark !== undefined && { writableHighWaterMark }) });
  const peer = { stream: socket as unknown as Socket, address: '127.0.0.1', port: 1 };
  const session = new Session(peer, { id: 1, extranonce: 0, target, spend, mayWait }, host);
  return { socket, session, verdicts, offences, reasons, target };
}

/** The ids of the lines that each system call wrote. */
const idsOf = (calls: readonly string[]): unknown[][] =>
  calls.map((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: unknown }).id),
  );

function lineOf(text: string, target = 1n, networkTarget = 1n): JobLine {
  const work = { networkTarget } as ConfluxWork;
  return { bytes: Buffer.from(text), job: { id: '17' as JobId, sequence: 17, work, target } };
}
const jobLine = lineOf('{"id":"job"}\n');
const subscribe = (secret: string): string =>
  `{"id":1,"method":"mining.subscribe","params":["rig","${secret}"]}\n`;

it('writes the answers of one turn with one call, in the order of the requests', async () => {
  const { socket, verdicts } = setUp();
  socket.push(submit(1) + submit(2) + noMethod(3));
  await turn();
  expect(socket.calls).toEqual([]);
  for (const settle of verdicts.toReversed()) settle({ kind: 'invalid' });
  await turn();
  socket.push(noMethod(4));
  await turn();
  expect(idsOf(socket.calls)).toEqual([[1, 2, 3], [4]]);
});

it('writes a job after the answers that were ready before it', async () => {
  const { socket, session } = setUp();
  socket.push(noMethod(1));
  socket.once('data', () => session.sendJob(jobLine));
  await turn();
  expect(idsOf(socket.calls).flat()).toEqual([1, 'job']);
});

it('writes what is ready before it ends', async () => {
  const { socket, session } = setUp();
  socket.push(noMethod(1));
  socket.once('data', () => session.close('for a test'));
  await turn();
  expect(idsOf(socket.calls)).toEqual([[1]]);
  expect(socket.writableFinished).toBe(true);
  session.close('again');
  socket.destroy();
});

it('leaves lines unread while it has spent more than it was granted', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const spent: number[] = [];
  const waits = [0, 100, 0];
  const { socket } = setUp({}, (requests) => {
    spent.push(requests);
    return waits.shift() ?? 0;
  });
  socket.push(noMethod(1) + `[${noMethod(2).trim()},${noMethod(3).trim()}]\n` + noMethod(4));
  await turn();
  expect(spent).toEqual([1, 2]);
  vi.advanceTimersByTime(99);
  expect(spent).toEqual([1, 2]);
  vi.advanceTimersByTime(1);
  expect(spent).toEqual([1, 2, 1]);
});

it('says what a line has offended against', async () => {
  const { socket, offences, reasons } = setUp({ lineBytes: 1024 });
  socket.push(subscribe('wrong') + 'x'.repeat(1025));
  await turn();
  await turn();
  expect(offences).toEqual(['wrong-secret', 'oversize-line']);
  expect(socket.calls.join('')).toContain('a line longer than 1024 bytes');
  socket.destroy();
  await turn();
  expect(reasons).toEqual(['a line longer than 1024 bytes']);
});

it('closes who does not subscribe in time, and not who did', async () => {
  const [silent, miner] = [setUp({ subscribeS: 5 }), setUp({ subscribeS: 5 })];
  miner.socket.push(subscribe(''));
  await turn();
  for (const { session } of [silent, miner]) {
    session.enforceDeadlines(session.openedAt + 4999);
    session.enforceDeadlines(session.openedAt + 5000);
  }
  await turn();
  expect(silent.socket.calls.join('')).toContain('not subscribed within 5 s');
  expect(silent.socket.writableFinished).toBe(true);
  expect(miner.socket.writableFinished).toBe(false);
  for (const { socket } of [silent, miner]) socket.destroy();
});

it('closes a silent miner only where silence means something', async () => {
  const [share, block] = [setUp({ idleS: 10 }), setUp({ idleS: 10 })];
  for (const { socket } of [share, block]) socket.push(subscribe(''));
  await turn();
  share.session.sendJob(lineOf('{}\n', share.target.for(1n)));
  // The network asks for less than the miner's own difficulty: whatever it hands in is a block.
  block.session.sendJob(lineOf('{}\n', 2n ** 255n, 2n ** 255n));
  // Thirty intervals of ten seconds are more than the limit says.
  share.session.enforceDeadlines(Date.now() + 290_000);
  expect(share.socket.writableEnded).toBe(false);
  for (const { session } of [share, block]) session.enforceDeadlines(Date.now() + 310_000);
  await turn();
  expect(share.socket.calls.join('')).toContain('nothing heard for 310 s');
  expect(block.socket.writableFinished).toBe(false);
  for (const { socket } of [share, block]) socket.destroy();
});

it('keeps the newest job for a slow reader, and gives up on him in the end', async () => {
  const { socket, session, reasons } = setUp({ queuedBytes: 4096, slowReaderS: 5 });
  socket.push(subscribe(''));
  await turn();
  socket.cork();
  const job = (index: number): JobLine => lineOf(`{"id":${index},"pad":"${'x'.repeat(2000)}"}\n`);
  for (let index = 1; index <= 9; index++) session.sendJob(job(index));
  const now = Date.now();
  session.enforceDeadlines(now);
  session.enforceDeadlines(now + 4999);
  expect(socket.destroyed).toBe(false);
  socket.uncork();
  await turn();
  socket.emit('drain');
  await turn();
  expect(idsOf(socket.calls.slice(1)).flat()).toEqual([1, 2, 3, 9]);
  socket.cork();
  session.sendJob(job(10));
  session.enforceDeadlines(now);
  session.enforceDeadlines(now + 5000);
  await turn();
  expect(reasons).toEqual(['left bytes unread for 5 s']);
});

it('holds no job back where no drain would release it', async () => {
  const { socket, session } = setUp({ queuedBytes: 4096 }, undefined, undefined, 65_536);
  socket.cork();
  const jobs = [1, 2, 3, 4, 5].map((id) => lineOf(`{"id":${id},"pad":"${'x'.repeat(2000)}"}\n`));
  for (const job of jobs) session.sendJob(job);
  socket.uncork();
  session.sendJob(lineOf('{"id":6}\n'));
  await turn();
  expect(idsOf(socket.calls).flat()).toEqual([1, 2, 3, 4, 5, 6]);
});

it('lets others have their turn, however much it has to say', async () => {
  const { socket } = setUp();
  const line = (id: number): string => `{"id":${id},"method":"${'x'.repeat(3000)}"}\n`;
  socket.push([1, 2, 3, 4, 5, 6, 7].map(line).join(''));
  const heard = (): number => idsOf(socket.calls).flat().length;
  const counts: number[] = [];
  for (let round = 0; round < 8; round++) {
    await turn();
    counts.push(heard());
  }
  const [first = 0] = counts.filter((count) => count > 0);
  expect(first).toBe(3);
  expect(counts.at(-1)).toBe(7);
});

it('spends more on a line that is dear to read', async () => {
  const spent: number[] = [];
  const { socket } = setUp({}, (requests) => {
    spent.push(requests);
    return 0;
  });
  socket.push(noMethod(1) + `{"id":2,"method":"${'x'.repeat(1024)}"}\n`);
  await turn();
  expect(spent).toEqual([1, 3]);
});

it('hears what was read before the end, and answers it', async () => {
  const { socket, verdicts } = setUp();
  const filler = Array.from({ length: 40 }, (_, id) => `{"id":${id},"method":"${'x'.repeat(400)}"}\n`).join(
    '',
  );
  socket.push(filler + submit(99));
  socket.push(null);
  await vi.waitFor(() => expect(verdicts).toHaveLength(1));
  verdicts[0]?.({ kind: 'accepted' });
  await vi.waitFor(() => expect(socket.writableEnded).toBe(true));
  expect(idsOf(socket.calls).flat()).toHaveLength(41);
});

it('hears the last lines of a connection that breaks, or is dismissed, over its rate', async () => {
  for (const end of ['break', 'dismiss'] as const) {
    const { socket, session, verdicts } = setUp({}, () => 60_000);
    socket.push(noMethod(1) + submit(2));
    await turn();
    expect(verdicts).toHaveLength(0);
    if (end === 'break') socket.destroy();
    else session.dismiss('for a test');
    await turn();
    expect(verdicts).toHaveLength(1);
    socket.destroy();
  }
});

it('goes where too many wait', async () => {
  const { socket } = setUp(
    {},
    () => 1000,
    () => false,
  );
  socket.push(noMethod(1));
  await turn();
  expect(socket.calls.join('')).toContain('too many others that wait');
  socket.destroy();
});
