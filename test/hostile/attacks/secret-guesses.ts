/** Password after password from one address, on connections that stay and on connections that come again. */
import type { Attack, AttackRun } from './attack-run.js';
import type { Peer } from './peer.js';

const CONNECTIONS = 4;
const GUESSES_AT_ONCE = 10;
/** Slow enough to be below limits on requests: it is the wrong secret that has to be noticed. */
const PAUSE_MS = 200;

export const secretGuesses: Attack = (run) =>
  run.each(CONNECTIONS, async () => {
    while (!run.over) await guessUntilClosed(run, await run.open());
  });

/** Also what follows a forged header, whoever the header says that it is. */
export async function guessUntilClosed(run: AttackRun, peer: Peer | undefined): Promise<void> {
  const guess = (): string =>
    `${JSON.stringify({ id: 1, method: 'mining.subscribe', params: ['rig', run.random.hex(8)] })}\n`;
  while (await peer?.send(Array.from({ length: GUESSES_AT_ONCE }, guess).join(''))) await run.pause(PAUSE_MS);
  peer?.close();
}
