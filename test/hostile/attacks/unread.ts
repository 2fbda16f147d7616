/** Connections that send and never read: what they are owed stays in the gateway or in the sockets between. */
import type { Attack } from './attack-run.js';

const SLOW_READERS = 4;
const ASKERS = 16;
/** An id is echoed, so that one short request has a long answer. */
const LONG_ID = 'i'.repeat(15_000);

/** A subscribed rig whose answers and jobs pile up: it asks until its own socket is full, then holds still. */
export const slowReaders: Attack = (run) =>
  run.each(SLOW_READERS, async (index) => {
    const peer = await run.open(1 + index, { reads: false });
    const params = ['slow', run.plan.password];
    await peer?.send(`${JSON.stringify({ id: 1, method: 'mining.subscribe', params })}\n`);
    while (await peer?.send(`{"id":"${LONG_ID}","method":"nosuch"}\n`));
    await run.stopped;
  });

/** Strangers that ask and do not read, and give up and come again before anybody could call them slow. */
export const unreadReplies: Attack = (run) =>
  run.each(ASKERS, async (index) => {
    const requests = '{"id":1,"method":"nosuch"}\n'.repeat(500);
    while (!run.over) {
      const peer = await run.open(1 + index, { reads: false });
      for (let sent = 0; sent < 50 && (await peer?.send(requests)); sent++);
      peer?.close();
    }
  });
