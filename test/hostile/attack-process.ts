/** Starts and stops an attack in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AttackerMessage } from './attacker.js';
import type { AttackPlan } from './attacks/attack-run.js';
import type { AttackReport } from './attacks/tally.js';

const START_TIMEOUT_MS = 10_000;
const END_TIMEOUT_MS = 10_000;

export interface RunningAttack {
  /** Ends the attack and gives what it counted. */
  stop(): Promise<AttackReport>;
  kill(): void;
}

/** Resolves when the attack is in place. Node runs no TypeScript: the compiled file is taken, build first. */
export async function startAttack(plan: AttackPlan): Promise<RunningAttack> {
  const file = fileURLToPath(new URL('../../dist/test/hostile/attacker.js', import.meta.url));
  const child = fork(file, [JSON.stringify(plan)], {
    // The test runner's own conditions would lead to sources.
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const message = <T>(what: string, pick: (message: AttackerMessage) => T | undefined, timeoutMs: number) =>
    new Promise<T>((resolve, reject) => {
      const fail = (why: string): void => {
        clearTimeout(timer);
        reject(new Error(`the attack ${plan.kind} ${why} (${what})`));
      };
      const timer = setTimeout(() => fail('gave no sign in time'), timeoutMs);
      child.once('exit', (code) => fail(`ended with ${code}`));
      child.on('message', (received: AttackerMessage) => {
        const picked = pick(received);
        if (picked === undefined) return;
        clearTimeout(timer);
        resolve(picked);
      });
    });
  const kill = (): void => void child.kill('SIGKILL');
  const report = message(
    'report',
    (received) => ('report' in received ? received.report : undefined),
    2 ** 30,
  );
  report.catch(() => undefined);
  try {
    await message('in place', (received) => ('inPlace' in received ? true : undefined), START_TIMEOUT_MS);
  } catch (error) {
    kill();
    throw error;
  }
  return {
    kill,
    stop: async () => {
      const exited = once(child, 'exit');
      const hard = setTimeout(kill, END_TIMEOUT_MS);
      if (child.connected) child.send('stop');
      try {
        return await report;
      } finally {
        await exited;
        clearTimeout(hard);
      }
    },
  };
}
