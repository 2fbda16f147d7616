/** Connections that are the attack themselves: dropped, halved, reset, or silent. */
import type { Attack } from './attack-run.js';
import type { Peer } from './peer.js';

const LANES = 8;
const CROWD = 500;
const CROWD_ADDRESSES = 50;
const SUBSCRIBERS = 150;
const START_OF_LINE = '{"id":1,"method":"mining.subs';
const REQUEST = '{"id":1,"method":"nosuch"}\n';

/** Connects and drops, as fast as it goes. */
export const connectAndDrop: Attack = async (run) => {
  run.inPlace();
  await run.each(LANES, async (index) => {
    while (!run.over) (await run.open(1 + index))?.close();
  });
};

/** Half-closed and reset connections, before, in the middle of and after a request. */
export const halfOpen: Attack = async (run) => {
  const ends: readonly ((peer: Peer) => void)[] = [(peer) => peer.halfClose(), (peer) => peer.reset()];
  await run.each(LANES, async (index) => {
    while (!run.over) {
      const peer = await run.open(1 + index);
      if (!peer) continue;
      const text = run.random.pick(['', START_OF_LINE, REQUEST, REQUEST + START_OF_LINE]);
      if (text !== '') await peer.send(text);
      run.random.pick(ends)(peer);
      await Promise.race([peer.closed, run.pause(100)]);
      peer.close();
    }
  });
};

/** More strangers than there are places, from many addresses, who never say anything and come again when closed. */
export const idleStrangers: Attack = async (run) => {
  let tried = 0;
  await run.each(CROWD, async (index) => {
    while (!run.over) {
      const peer = await run.open(1 + (index % CROWD_ADDRESSES));
      if (++tried === CROWD) run.inPlace();
      await Promise.race([peer?.closed, run.stopped]);
      // Those who find no place ask again soon, so that a place that becomes free is taken at once.
      await run.pause(500);
    }
  });
};

/** A crowd that never says anything and does not come again. */
export const idleOnce: Attack = async (run) => {
  let tried = 0;
  await run.each(SUBSCRIBERS, async (index) => {
    const peer = await run.open(1 + (index % CROWD_ADDRESSES));
    if (++tried === SUBSCRIBERS) run.inPlace();
    await Promise.race([peer?.closed, run.stopped]);
  });
};

/** Rigs that know the password, subscribe, get every job and never send a share. */
export const idleSubscribers: Attack = (run) =>
  run.each(SUBSCRIBERS, async (index) => {
    const peer = await run.open(1 + (index % CROWD_ADDRESSES));
    await peer?.subscribe(`idle${index}`);
    await Promise.race([peer?.closed, run.stopped]);
  });
