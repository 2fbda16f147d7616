/**
 * The process that attacks, so that the honest miner's clock does not wait for the attacker's work. It takes one plan,
 * says when its attack is in place, ends when it is told to or when its time is over, and reports what it counted.
 */
import { ATTACKS, type AttackKind } from './attacks/attacks.js';
import { AttackRun, type AttackPlan } from './attacks/attack-run.js';
import type { AttackReport } from './attacks/tally.js';

export type AttackerMessage = { readonly inPlace: true } | { readonly report: AttackReport };

const plan = JSON.parse(process.argv[2] ?? '{}') as AttackPlan;
const tell = (message: AttackerMessage, then = (): void => undefined): void => {
  process.send?.(message, then);
};
let told = false;
const run = new AttackRun(plan, () => {
  if (!told) tell({ inPlace: true });
  told = true;
});
process.on('message', () => run.stop());
// Nothing attacks without the test that watches it.
process.on('disconnect', () => process.exit(1));

await Promise.race([ATTACKS[plan.kind as AttackKind](run), run.stopped]);
// An attack that had its say stays where it is until the test has seen what it wanted.
await run.stopped;
tell({ report: run.finish() }, () => process.exit(0));
