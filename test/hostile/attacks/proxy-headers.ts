/** PROXY headers from an address that nobody trusts, in front of password guesses: whom does the gateway blame? */
import type { Attack } from './attack-run.js';
import { guessUntilClosed } from './secret-guesses.js';

const CONNECTIONS = 4;
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const PROXY_TCP4 = Buffer.from([0x21, 0x11, 0, 12]);

/** 127.0.0.1 is the honest miner of the suite; the others are nobody. */
export const CLAIMED = ['127.0.0.1', '192.0.2.7', '198.51.100.9'] as const;

/** Each connection claims another address; the last one claims none, so that the guesses count for somebody. */
export const proxyHeaders: Attack = (run) =>
  run.each(CONNECTIONS, async (index) => {
    while (!run.over) {
      const peer = await run.open();
      const claimed = run.random.pick(CLAIMED);
      if (index === 0) await peer?.send(`PROXY TCP4 ${claimed} 127.0.0.1 4000 32525\r\n`);
      if (index === 1) await peer?.send(version2(claimed));
      if (index === 2) await peer?.send('PROXY UNKNOWN\r\n');
      await guessUntilClosed(run, peer);
      await run.pause(50);
    }
  });

function version2(claimed: string): Buffer {
  const address = [...claimed.split('.').map(Number), 127, 0, 0, 1];
  return Buffer.concat([SIGNATURE, PROXY_TCP4, Buffer.from([...address, 0x0f, 0xa0, 0x7f, 0x0d])]);
}
