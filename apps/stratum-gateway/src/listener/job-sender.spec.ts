import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { openFanOut, type FanOut } from '#libs/fan-out';
import type { ConfluxWork, JobId } from '#libs/mining';
import { ConfluxDialect, confluxRustWire } from '#libs/stratum';
import { DEFAULT_LIMITS } from '../limit-settings.js';
import type { JobLine } from './job-lines.js';
import { JobSender } from './job-sender.js';
import { Session } from './session.js';
import { ShareTarget } from './share-target.js';

const { fanOut = expect.unreachable() } = openFanOut();

interface Miner {
  readonly session: Session;
  readonly stream: Socket;
  /** Reads until so many bytes are there. */
  read(bytes: number): Promise<string>;
}

async function connectMiners(count: number): Promise<Miner[]> {
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const miners: Miner[] = [];
  for (let id = 1; id <= count; id++) {
    const far = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
    const [stream] = (await once(server, 'connection')) as [Socket];
    onTestFinished(() => {
      far.destroy();
      stream.destroy();
    });
    const target = new ShareTarget(undefined, 0);
    const session = new Session(
      { stream, address: '127.0.0.1', port: id },
      { id, extranonce: 0, target, spend: () => 0, mayWait: () => true },
      {
        dialect: new ConfluxDialect(confluxRustWire, { authenticate: () => true, subscribeFirst: false }),
        limits: DEFAULT_LIMITS,
        judge: () => Promise.resolve({ kind: 'accepted' }),
        onSubscribed: () => undefined,
        onAuthorized: () => undefined,
        onOffence: () => undefined,
        onClosed: () => undefined,
      },
    );
    let text = '';
    far.on('data', (chunk) => (text += chunk.toString()));
    const read = async (bytes: number): Promise<string> => {
      far.resume();
      while (text.length < bytes) await once(far, 'data');
      return text;
    };
    miners.push({ session, stream, read });
  }
  return miners;
}

/** Counts what leaves natively. */
function counting(): { fanOut: FanOut; sent: number[] } {
  const sent: number[] = [];
  return {
    sent,
    fanOut: {
      send(sockets, count, bytes, results) {
        fanOut.send(sockets, count, bytes, results);
        sent.push(count);
      },
    },
  };
}

const work = { networkTarget: 1n } as ConfluxWork;
const lineOf = (text: string): JobLine => ({
  bytes: Buffer.from(text),
  job: { id: text as JobId, sequence: 17, work, target: 1n },
});
const sessionsOf = (miners: readonly Miner[]): Session[] => miners.map(({ session }) => session);

it('sends a job to all that can take it with one call for each line, and to nobody twice', async () => {
  const miners = await connectMiners(5);
  const [even, odd] = [lineOf('even\n'), lineOf('odd\n')];
  const lineFor = (session: Session): JobLine => (session.grant.id % 2 === 0 ? even : odd);
  const counted = counting();
  const sender = new JobSender(counted.fanOut);
  sender.send(sessionsOf(miners), lineFor);
  sender.send(sessionsOf(miners), lineFor);
  expect(counted.sent).toEqual([3, 2]);
  const next = lineOf('next\n');
  sender.send(sessionsOf(miners), () => next);
  for (const { session, read } of miners) {
    const line = lineFor(session).bytes.toString();
    expect(await read(line.length + 5)).toBe(`${line}next\n`);
  }
});

it('sends through the streams without a fan-out', async () => {
  const miners = await connectMiners(2);
  const line = lineOf('job\n');
  new JobSender(undefined).send(sessionsOf(miners), () => line);
  for (const { read } of miners) expect(await read(4)).toBe('job\n');
});

it('keeps the order behind bytes that wait for the miner, and sends the rest that a socket did not take', async () => {
  const [slow, quick] = (await connectMiners(2)) as [Miner, Miner];
  const counted = counting();
  const sender = new JobSender(counted.fanOut);
  // Far more than the kernel takes for one socket: the rest waits in the stream.
  const big = lineOf(`${'x'.repeat(16_000_000)}\n`);
  sender.send([slow.session], () => big);
  expect(slow.stream.writableLength).toBeGreaterThan(0);
  const [second, third] = [lineOf('second\n'), lineOf('third\n')];
  sender.send([slow.session, quick.session], () => second);
  sender.send([slow.session, quick.session], () => third);
  expect(counted.sent).toEqual([1, 1, 1]);
  expect(await quick.read(13)).toBe('second\nthird\n');
  // A slow reader gets the newest only.
  const text = await slow.read(big.bytes.length + 6);
  expect([text.length, text.slice(-7)]).toEqual([big.bytes.length + 6, '\nthird\n']);
});

it('sends behind an answer that has not left yet', async () => {
  const [miner] = (await connectMiners(1)) as [Miner];
  miner.stream.cork();
  miner.stream.write('answer\n');
  const line = lineOf('job\n');
  new JobSender(fanOut).send([miner.session], () => line);
  miner.stream.uncork();
  expect(await miner.read(11)).toBe('answer\njob\n');
});

it('gives nothing to a closed session, and leaves an error to Node.js', async () => {
  const [closed, broken] = (await connectMiners(2)) as [Miner, Miner];
  closed.session.close('test');
  const failed = once(broken.stream, 'close');
  const sender = new JobSender({ send: (_sockets, _count, _bytes, sent) => void sent.fill(-1) });
  sender.send(sessionsOf([closed, broken]), () => lineOf('job\n'));
  expect(await broken.read(4)).toBe('job\n');
  broken.stream.destroy();
  await failed;
});
