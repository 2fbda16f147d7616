import { NEVER, of, Subject, throwError, type Observable } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { POW_HASH, type HashRequest, type PowFault, type PowHasher } from '#libs/contracts';
import { EngineBusyError } from '#libs/octopus';
import * as limits from '../limits.js';
import { PoolWorker } from './pool-worker.js';
import type { WorkerClient } from './worker-clients.js';
import { WorkerPool } from './worker-pool.js';

const HEADER = new Uint8Array(32).fill(1);
const HEADER_TEXT = `0x${'01'.repeat(32)}`;
const HERE = new Uint8Array(32).fill(0xee);
const ELSEWHERE = { powHash: `0x${'aa'.repeat(32)}` };

type Reply = 'hash' | 'silence' | 'pending' | PowFault['code'];

/** A worker on paper: answers what it is told to, and remembers the shares that it was asked for. */
class PaperClient implements WorkerClient {
  readonly status = new Subject<string>();
  readonly shares: HashRequest[] = [];
  readonly pending: Subject<unknown>[] = [];
  reply: Reply = 'hash';
  closed = 0;

  send<T>(pattern: unknown, request: unknown): Observable<T> {
    const data = request as HashRequest;
    if (pattern !== POW_HASH) return of(true as T);
    // The pool's own hashes are always answered while it is up.
    if (data.headerHash !== HEADER_TEXT) return this.reply === 'silence' ? NEVER : of(ELSEWHERE as T);
    this.shares.push(data);
    if (this.reply === 'hash') return of(ELSEWHERE as T);
    if (this.reply === 'silence') return NEVER;
    if (this.reply !== 'pending')
      return throwError((): PowFault => ({ code: this.reply as PowFault['code'], message: '' }));
    const answer = new Subject<unknown>();
    this.pending.push(answer);
    return answer as Subject<T>;
  }

  close(): void {
    this.closed++;
  }
}

async function poolOf(count: number, isGroup = false, local: Partial<PowHasher> = {}) {
  const clients = Array.from({ length: count }, () => new PaperClient());
  const changes: (string | undefined)[] = [];
  let resolve: () => void;
  const allUp = new Promise<void>((up) => (resolve = up));
  const workers = clients.map(
    (client) =>
      new PoolWorker({
        client,
        isGroup,
        algorithm: 'octopus',
        onChange: (failure) => {
          changes.push(failure);
          if (changes.length === count) resolve();
        },
      }),
  );
  const here: PowHasher = {
    hash: () => Promise.resolve(HERE),
    prepare: () => Promise.resolve(),
    close: () => Promise.resolve(),
    ...local,
  };
  const pool = new WorkerPool(workers, here);
  onTestFinished(() => pool.close());
  await pool.prepare(1);
  await allUp;
  changes.length = 0;
  return { pool, clients, workers, changes };
}

const AA = new Uint8Array(32).fill(0xaa);
const from = async (hash: Promise<Uint8Array>): Promise<'elsewhere' | 'here'> =>
  Buffer.from(await hash).equals(AA) ? 'elsewhere' : 'here';

/** How long a hash takes and what it is, on a clock that this test turns. */
async function onPaperClock(hash: () => Promise<Uint8Array>): Promise<{ tookMs: number; where: string }> {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  onTestFinished(() => void vi.useRealTimers());
  const startedAt = performance.now();
  let done: { tookMs: number; where: string } | undefined;
  void from(hash()).then((where) => (done = { where, tookMs: performance.now() - startedAt }));
  while (!done) {
    await vi.advanceTimersByTimeAsync(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  vi.useRealTimers();
  return done;
}

it('the waits add up to the promise', () => {
  const { REMOTE_BUDGET_MS, LOCAL_RESERVE_MS, VERDICT_BUDGET_MS, REMOTE_HASH_TIMEOUT_MS } = limits;
  expect(VERDICT_BUDGET_MS).toBe(250);
  expect(REMOTE_BUDGET_MS + LOCAL_RESERVE_MS).toBeLessThanOrEqual(VERDICT_BUDGET_MS);
  // Two attempts; the worker hears of a deadline that leaves room for its answer.
  expect(2 * REMOTE_HASH_TIMEOUT_MS).toBeLessThanOrEqual(REMOTE_BUDGET_MS);
  expect(limits.REMOTE_ANSWER_MARGIN_MS).toBeLessThan(limits.MIN_REMOTE_WAIT_MS + 1);
});

describe('the choice of a worker', () => {
  it('is the one with the fewest hashes in flight, and each of equals in turn', async () => {
    const { pool, clients } = await poolOf(3);
    const [slow, ...others] = clients;
    for (const client of clients) client.reply = 'pending';
    const [slowest, ...first] = [0n, 1n, 2n].map((nonce) => pool.hash(HEADER, nonce, 1));
    expect(clients.map(({ shares }) => shares.length)).toEqual([1, 1, 1]);
    for (const other of others) {
      other.reply = 'hash';
      other.pending.shift()?.next(ELSEWHERE);
    }
    await Promise.all(first);
    for (let nonce = 3n; nonce < 9n; nonce++)
      expect(await from(pool.hash(HEADER, nonce, 1))).toBe('elsewhere');
    expect(clients.map(({ shares }) => shares.length)).toEqual([1, 4, 4]);
    slow?.pending.shift()?.next(ELSEWHERE);
    await slowest;
  });

  it('carries a number for each caller, and less time than the gateway waits', async () => {
    const { pool, clients } = await poolOf(1);
    const [left, right] = [{}, {}];
    for (const caller of [left, right, left]) await pool.hash(HEADER, 0n, 1, caller);
    const [first, second, third] = clients[0]?.shares ?? [];
    expect(first?.caller).toBe(third?.caller);
    expect(first?.caller).not.toBe(second?.caller);
    expect(first?.waitMs).toBeLessThan(limits.REMOTE_HASH_TIMEOUT_MS);
  });
});

describe('without an answer', () => {
  it('a silent worker costs one wait; the next shares go elsewhere at once', async () => {
    const { pool, clients, changes } = await poolOf(2);
    const [silent, other] = clients;
    if (silent) silent.reply = 'silence';
    // One of two is asked first, the silent one among them.
    const first = await onPaperClock(() => pool.hash(HEADER, 0n, 1));
    expect(first.where).toBe('elsewhere');
    expect(first.tookMs).toBeLessThanOrEqual(limits.REMOTE_HASH_TIMEOUT_MS + 2);
    expect(await from(pool.hash(HEADER, 1n, 1))).toBe('elsewhere');
    expect(silent?.shares).toHaveLength(1);
    expect(other?.shares).toHaveLength(2);
    expect(changes).toEqual([expect.stringMatching(/^no answer within \d+ ms$/)]);
    expect(silent?.closed).toBe(1);
  });

  it('a group is asked twice, then the hash is made here', async () => {
    const { pool, clients, changes } = await poolOf(1, true);
    const [group] = clients;
    if (group) group.reply = 'silence';
    const { where, tookMs } = await onPaperClock(() => pool.hash(HEADER, 0n, 1));
    expect(where).toBe('here');
    expect(tookMs).toBeLessThanOrEqual(limits.REMOTE_BUDGET_MS + 2);
    expect(group?.shares).toHaveLength(2);
    expect(await from(pool.hash(HEADER, 1n, 1))).toBe('here');
    expect(group?.shares).toHaveLength(2);
    expect(changes).toHaveLength(1);
  });

  it.each(['busy', 'late'] as const)(
    'a worker that says "%s" gets fewer at a time, and stays',
    async (reply) => {
      const { pool, clients, workers, changes } = await poolOf(1);
      const [client] = clients;
      if (client) client.reply = reply;
      expect(await from(pool.hash(HEADER, 0n, 1))).toBe('here');
      expect(workers[0]?.window.size).toBe(limits.WORKER_IN_FLIGHT / 2);
      expect(changes).toEqual([]);
    },
  );

  it('a worker that fails is out until it answers again, and its connection tells at once', async () => {
    const { pool, clients, changes } = await poolOf(1);
    const [client] = clients;
    if (client) client.reply = 'failed';
    expect(await from(pool.hash(HEADER, 0n, 1))).toBe('here');
    expect(pool.up).toBe(0);
    if (client) client.reply = 'hash';
    await expect.poll(() => changes, { timeout: 5000 }).toEqual(['failed', undefined]);
    client?.status.next('disconnected');
    expect(changes.at(-1)).toBe('the connection was lost');
  });

  it('shares beyond the window of all workers wait for none of them', async () => {
    const { pool, clients, workers } = await poolOf(2);
    for (const client of clients) client.reply = 'pending';
    const room = workers.reduce((sum, { window }) => sum + window.size, 0);
    const hashes = Array.from({ length: room + 5 }, (_, i) => pool.hash(HEADER, BigInt(i), 1, {}));
    expect(await Promise.all(hashes.slice(room))).toEqual(Array(5).fill(HERE));
    const asked = clients.flatMap(({ pending }) => pending);
    expect(asked).toHaveLength(room);
    for (const answer of asked) {
      answer.next(ELSEWHERE);
      answer.complete();
    }
    const elsewhere = await Promise.all(hashes.slice(0, room));
    expect(elsewhere.every((hash) => hash[0] === 0xaa)).toBe(true);
  });

  it('the local engine hears who asks, and its refusal comes out', async () => {
    const callers: unknown[] = [];
    const { pool, clients } = await poolOf(1, false, {
      hash: (_headerHash, _nonce, _height, caller) => {
        callers.push(caller);
        return Promise.reject(new EngineBusyError('full'));
      },
    });
    for (const client of clients) client.status.next('disconnected');
    const caller = {};
    await expect(pool.hash(HEADER, 0n, 1, caller)).rejects.toBeInstanceOf(EngineBusyError);
    expect(callers).toEqual([caller]);
  });
});
