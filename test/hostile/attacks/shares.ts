/** Floods of well-formed submits from rigs that know the password. */
import { keccakTestHash } from '#libs/octopus';
import type { Attack, AttackRun } from './attack-run.js';
import type { PeerJob } from './peer.js';
import type { Random } from './random.js';

const CONNECTIONS = 4;
const LINES_AT_ONCE = 50;

/** Distinct nonces for a real job. */
export const wrongNonces: Attack = (run) =>
  flood(run, (job) => submit(job.hash, wrongNonce(job, run.random)));

/** Jobs that never were. */
export const unknownJobs: Attack = (run) => flood(run, () => submit(`0x${run.random.hex(64)}`, '0x1'));

/** One solution, which was accepted once, again and again. */
export const duplicates: Attack = (run) => flood(run, () => submit(run.plan.hash, run.plan.nonce));

/** Not a block by luck: one in two thousand would be, and an address that mines is treated better. */
function wrongNonce({ hash, boundary }: PeerJob, random: Random): string {
  for (;;) {
    const nonce = `0x${random.hex(16)}`;
    const pow = keccakTestHash(Buffer.from(hash.slice(2), 'hex'), BigInt(nonce));
    if (BigInt(`0x${Buffer.from(pow).toString('hex')}`) >= boundary) return nonce;
  }
}

function submit(hash: string, nonce: string): string {
  return `{"id":7,"method":"mining.submit","params":["mad","${hash}","${nonce}","${hash}"]}\n`;
}

/** All from one address: limits and bans go by address. */
async function flood(run: AttackRun, line: (job: PeerJob) => string): Promise<void> {
  await run.each(CONNECTIONS, async () => {
    while (!run.over) {
      const peer = await run.open();
      const job = await peer?.subscribe('mad');
      if (job === undefined) await run.pause(100);
      else while (await peer?.send(Array.from({ length: LINES_AT_ONCE }, () => line(job)).join('')));
      peer?.close();
    }
  });
}
