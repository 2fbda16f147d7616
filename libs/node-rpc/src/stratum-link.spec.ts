import { once } from 'node:events';
import { firstValueFrom, filter, timeout } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeNode, type FakeAnswer } from '#libs/testkit';
import { StratumLink, type LinkEvent, type LinkOptions } from './stratum-link.js';

const hash = `0x${'cd'.repeat(32)}`;
const quick = { firstMs: 5, maxMs: 20 };

async function linked(answer?: FakeAnswer, over: Partial<LinkOptions> = {}) {
  const node = await FakeNode.start(answer);
  const link = new StratumLink({
    host: '127.0.0.1',
    port: node.port,
    worker: 'w',
    password: 'pw',
    backoff: quick,
    ...over,
  });
  onTestFinished(async () => {
    link.stop();
    await node.stop();
  });
  return { node, link };
}

function next<K extends LinkEvent['kind']>(
  link: StratumLink,
  kind: K,
): Promise<Extract<LinkEvent, { kind: K }>> {
  const wanted = (event: LinkEvent): event is Extract<LinkEvent, { kind: K }> => event.kind === kind;
  return firstValueFrom(link.events$.pipe(filter(wanted), timeout(10_000)));
}

async function up(link: StratumLink): Promise<void> {
  const isUp = next(link, 'up');
  link.start();
  await isUp;
}

describe('StratumLink', () => {
  it('subscribes with worker and password and hands out jobs, however they are cut', async () => {
    const { node, link } = await linked();
    await up(link);
    expect(await node.taken('mining.subscribe')).toMatchObject({ params: ['w', 'pw'] });
    const job = next(link, 'job');
    const line = JSON.stringify({ id: 1, method: 'mining.notify', params: [hash, '7', hash, '0xff'] });
    node.sendRaw(line.slice(0, 40));
    node.sendRaw(`${line.slice(40)}\n`);
    expect((await job).job).toEqual({ jobId: hash, height: 7, headerHash: hash, boundary: 255n });
  });

  it('has each piece acknowledged', async () => {
    const heard: number[] = [];
    const { node, link } = await linked(undefined, {
      acknowledge: (socket) => heard.push(socket.bytesRead),
    });
    await up(link);
    node.notify([hash, '7', hash, '0xff']);
    await vi.waitFor(() => expect(heard).toHaveLength(2));
    expect(heard[1]).toBeGreaterThan(heard[0]!);
  });

  it('gives each submit its own answer, also out of order', async () => {
    const { node, link } = await linked(({ method }) => (method === 'mining.submit' ? undefined : true));
    await up(link);
    const answers = [link.submit(hash, hash, 1n), link.submit(hash, hash, 2n)];
    const [first, second] = [await node.taken('mining.submit'), await node.taken('mining.submit')];
    node.send(JSON.stringify({ id: second.id, result: [false, 'Incorrect Nonce!'] }));
    node.send(JSON.stringify({ id: first.id, result: [true] }));
    expect(await Promise.all(answers)).toEqual([
      { kind: 'answered', accepted: true },
      { kind: 'answered', accepted: false, reason: 'Incorrect Nonce!' },
    ]);
  });

  it('reports a submit as lost when the link is down, breaks, or stays silent', async () => {
    const { node, link } = await linked(({ method }) => (method === 'mining.submit' ? undefined : true), {
      submitTimeoutMs: 50,
    });
    expect(await link.submit(hash, hash, 1n)).toEqual({ kind: 'lost', reason: 'not connected' });
    await up(link);
    expect(await link.submit(hash, hash, 1n)).toEqual({ kind: 'lost', reason: 'no answer' });
    await node.taken('mining.submit');
    const broken = link.submit(hash, hash, 2n);
    await node.taken('mining.submit');
    node.dropConnections();
    expect(await broken).toMatchObject({ kind: 'lost' });
  });

  it('comes back after the server was gone, and reports each change once', async () => {
    const { node, link } = await linked();
    const kinds: string[] = [];
    link.events$.subscribe(({ kind }) => kinds.push(kind));
    await up(link);
    const { port } = node;
    const down = next(link, 'down');
    await node.stop();
    await down;
    const upAgain = next(link, 'up');
    const again = await FakeNode.start(() => true, port);
    await upAgain;
    expect(kinds).toEqual(['up', 'down', 'up']);
    link.stop();
    await again.stop();
  });

  it('warns of silence and then connects anew', async () => {
    const { node, link } = await linked(undefined, { warnAfterMs: 30, reconnectAfterMs: 60 });
    const silent = next(link, 'silent');
    const down = next(link, 'down');
    await up(link);
    expect(await silent).toEqual({ kind: 'silent', forMs: 30 });
    expect((await down).reason).toBe('no job for 0.06 s');
    await node.taken('mining.subscribe');
    await node.taken('mining.subscribe');
  });

  it('reports a silent server that is gone when it is asked again', async () => {
    const { node, link } = await linked(undefined, { warnAfterMs: 20, reconnectAfterMs: 40 });
    const gone = firstValueFrom(
      link.events$.pipe(
        filter((event) => {
          if (event.kind === 'down' && event.silence) void node.stop();
          return event.kind === 'down' && !event.silence;
        }),
        timeout(10_000),
      ),
    );
    await up(link);
    expect(await gone).toMatchObject({ reason: expect.stringContaining('ECONNREFUSED') as string });
  });

  it('says when the password is refused, and keeps trying', async () => {
    let granted = false;
    const { link } = await linked(() => granted);
    const down = next(link, 'down');
    const isUp = next(link, 'up');
    link.start();
    expect((await down).reason).toBe('the password was refused');
    granted = true;
    await isUp;
  });

  it('gives up a server that sends an endless line', async () => {
    const { node, link } = await linked();
    await up(link);
    const down = next(link, 'down');
    node.sendRaw('x'.repeat(70_000));
    expect((await down).reason).toContain('oversize');
  });

  it('stays stopped', async () => {
    const { node, link } = await linked();
    await up(link);
    const closed = once(node.anySocket, 'close');
    link.stop();
    await closed;
    expect(link.isUp).toBe(false);
    expect(await link.submit(hash, hash, 1n)).toMatchObject({ kind: 'lost' });
  });
});
