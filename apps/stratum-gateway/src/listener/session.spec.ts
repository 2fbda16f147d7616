import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Verdict } from '#libs/mining';
import { ConfluxDialect, confluxRustWire } from '#libs/stratum';
import { Session, type SessionHost } from './session.js';

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
function setUp() {
  const verdicts: ((verdict: Verdict) => void)[] = [];
  const host: SessionHost = {
    dialect: new ConfluxDialect(confluxRustWire, { authenticate: () => true, subscribeFirst: false }),
    judge: () => new Promise((resolve) => verdicts.push(resolve)),
    onSubscribed: () => undefined,
    onClosed: () => undefined,
  };
  const socket = new FakeSocket();
  return { socket, session: new Session(socket as unknown as Socket, host), verdicts };
}

/** The ids of the lines that each system call wrote. */
const idsOf = (calls: readonly string[]): unknown[][] =>
  calls.map((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: unknown }).id),
  );

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
  socket.once('data', () => session.sendJob(Buffer.from('{"id":"job"}\n')));
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
