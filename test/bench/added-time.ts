/** What the bridge adds to the node's own times: to a job on its way down, and to a valid submit on its way up. */
import type { BenchWorld, NodeServer, Server } from './bench-world.js';
import { Crowd, keyOf } from './crowd.js';
import type { Digger } from './digger.js';
import type { Row } from './report.js';
import { quantile } from './samples.js';

export interface AddedTime {
  /** Milliseconds: median and p99. */
  readonly job: readonly [number, number];
  readonly submit: readonly [number, number];
  readonly rows: readonly Row[];
}

/** `diggers`: one at the node, one at the gateway; they take turns, so each block makes one job and one submit. */
export async function measureAddedTime(
  world: BenchWorld,
  crowds: string,
  { node, gateway }: { readonly node: NodeServer; readonly gateway: Server },
  diggers: { readonly node: Digger; readonly gateway: Digger },
  blocks: number,
): Promise<AddedTime> {
  const one = { connections: 1, atOnce: 1 };
  const direct = await Crowd.open(world, crowds, node, one);
  const bridged = await Crowd.open(world, crowds, gateway, one);
  const jobMs: number[] = [];
  const answerMs = { node: [] as number[], gateway: [] as number[] };
  let onto: string | undefined;
  for (let block = 0; block < blocks; block++) {
    for (const side of ['node', 'gateway'] as const) {
      const dug = await diggers[side].dig(onto);
      onto = dug.nextHash;
      answerMs[side].push(dug.answerMs);
      const key = keyOf(onto);
      jobMs.push((await bridged.job(key)).firstMs - (await direct.job(key)).firstMs);
    }
  }
  await direct.close();
  await bridged.close();
  const added = (share: number): number => quantile(answerMs.gateway, share) - quantile(answerMs.node, share);
  const job = [quantile(jobMs, 0.5), quantile(jobMs, 0.99)] as const;
  const submit = [added(0.5), added(0.99)] as const;
  const note = `${jobMs.length} jobs, the same one at both`;
  const count = `${blocks} blocks`;
  return {
    job,
    submit,
    rows: [
      { name: 'added to a job, median', value: job[0], unit: 'ms', note },
      { name: 'added to a job, p99', value: job[1], unit: 'ms', note },
      ...(['node', 'gateway'] as const).flatMap((side): Row[] => [
        {
          name: `valid submit at the ${side}, median`,
          value: quantile(answerMs[side], 0.5),
          unit: 'ms',
          note: count,
        },
        {
          name: `valid submit at the ${side}, p99`,
          value: quantile(answerMs[side], 0.99),
          unit: 'ms',
          note: count,
        },
      ]),
      {
        name: 'added to a valid submit, median',
        value: submit[0],
        unit: 'ms',
        note: 'difference of medians',
      },
      { name: 'added to a valid submit, p99', value: submit[1], unit: 'ms', note: 'difference of p99' },
    ],
  };
}
