/** What begins like TLS: records of junk, and real ClientHellos whose handshake is never finished. */
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { Attack } from './attack-run.js';

const CONNECTIONS = 60;
const ADDRESSES = 20;
const addressOf = (index: number): number => 1 + (index % ADDRESSES);

/** Handshake records whose body is noise: complete, cut, or of a length that never comes. */
export const tlsGarbage: Attack = (run) =>
  run.each(CONNECTIONS, async (index) => {
    const peer = await run.open(addressOf(index));
    const body = run.random.bytes(run.random.between(1, 600));
    const claimed = run.random.pick([body.length, 0x4000, 0xffff, 0]);
    await peer?.send(
      Buffer.concat([Buffer.from([0x16, 3, run.random.below(5), claimed >> 8, claimed & 255]), body]),
    );
    await Promise.race([peer?.closed, run.stopped]);
  });

/** Half a ClientHello, or a whole one that the server answers with its costly part, and silence after it. */
export const unfinishedHandshakes: Attack = async (run) => {
  const hello = await clientHello();
  await run.each(CONNECTIONS, async (index) => {
    while (!run.over) {
      const peer = await run.open(addressOf(index));
      await peer?.send(index % 2 === 0 ? hello : hello.subarray(0, run.random.between(1, hello.length - 1)));
      await Promise.race([peer?.closed, run.stopped]);
      await run.pause(100);
    }
  });
};

/** The first flight of Node's own TLS client, taken off a wire that leads nowhere. */
function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        resolve(Buffer.from(chunk));
        done();
      },
    });
    connect({ socket: wire, servername: 'localhost' }).on('error', () => undefined);
  });
}
