/** Lines that never end: a byte now and then, or more bytes than a line may have, at once or dripped. */
import type { Attack, AttackRun } from './attack-run.js';

const CONNECTIONS = 100;
const ADDRESSES = 25;
const DRIP_PAUSE_MS = 200;
/** Above every limit on lines that this suite sets. */
const OVERSIZE_BYTES = 100_000;
const FEW_CONNECTIONS = 20;

const addressOf = (index: number): number => 1 + (index % ADDRESSES);

/** Each connection sends one byte now and then, never a newline, and does not come again. */
export const slowLoris: Attack = (run) => drip(run, CONNECTIONS, '', () => '{');

/** Lines that grow past the limit in small pieces, while the gateway has to remember what came before. */
export const drips: Attack = (run) =>
  drip(run, FEW_CONNECTIONS, `{"id":"${'x'.repeat(15_000)}`, (random) => 'y'.repeat(random.between(1, 900)));

/** Lines far beyond the limit, each on a connection of its own. */
export const oversizedLines: Attack = (run) =>
  run.each(FEW_CONNECTIONS, async (index) => {
    const peer = await run.open(addressOf(index));
    await peer?.send('z'.repeat(OVERSIZE_BYTES));
    await Promise.race([peer?.closed, run.stopped]);
  });

async function drip(
  run: AttackRun,
  connections: number,
  start: string,
  piece: (random: AttackRun['random']) => string,
): Promise<void> {
  await run.each(connections, async (index) => {
    const peer = await run.open(addressOf(index));
    await peer?.send(start);
    while (await peer?.send(piece(run.random))) await run.pause(DRIP_PAUSE_MS);
  });
}
