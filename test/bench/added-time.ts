/**
 * What the bridge adds to the node's own times: to a job on its way down, and to a valid submit on its way up. Beside it
 * a bare relay, for what any process of Node.js between miner and node adds on this machine.
 */
import type { BenchWorld, Server } from './bench-world.js';
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

/** One thing for the node's own port, one for the bridge in front of it, one for the relay in front of it. */
export interface Sides<T> {
  readonly node: T;
  readonly gateway: T;
  readonly relay: T;
}

/** Milliseconds. */
export interface AddedSamples {
  /** How much later than at the node the same job came. */
  readonly jobs: { readonly gateway: readonly number[]; readonly relay: readonly number[] };
  /** From a valid submit to its answer. */
  readonly answers: Sides<readonly number[]>;
}

/**
 * While one is measured the other is stopped: on two cores each waits for the other's work, too. With both at once the
 * relay added 0.35 ms to a job, alone 0.18 ms (three runs).
 */
const TURNS = [
  { side: 'gateway', stopped: 'relay' },
  { side: 'relay', stopped: 'gateway' },
] as const;
/** The node sends to its connections in the order of a hash table, which they keep; new ones stand elsewhere in it. */
const BLOCKS_PER_CONNECTION = 5;
const QUANTILES = [
  { name: 'median', share: 0.5, difference: 'difference of medians' },
  { name: 'p99', share: 0.99, difference: 'difference of p99' },
] as const;

/** In each turn two find `blocks` each: the digger at the node, and the one at the side that is measured. */
export async function measureAddedTime(
  world: BenchWorld,
  crowds: string,
  servers: Sides<Server>,
  diggers: Sides<Digger>,
  blocks: number,
): Promise<AddedTime> {
  const jobs = { gateway: [] as number[], relay: [] as number[] };
  const answers = { node: [] as number[], gateway: [] as number[], relay: [] as number[] };
  let onto: string | undefined;
  for (let block = 0; block < blocks;) {
    const opening = openMiners(world, crowds, servers);
    // The node's first job comes within 10 s, or with the next block.
    const [miners, opened] = await Promise.all([opening, diggers.node.dig(onto)]);
    onto = opened.nextHash;
    for (const end = Math.min(blocks, block + BLOCKS_PER_CONNECTION); block < end; block++) {
      for (const { side, stopped } of TURNS) {
        process.kill(servers[stopped].pid, 'SIGSTOP');
        for (const by of ['node', side] as const) {
          const dug = await diggers[by].dig(onto);
          onto = dug.nextHash;
          answers[by].push(dug.answerMs);
          const key = keyOf(onto);
          jobs[side].push((await miners[side].job(key)).firstMs - (await miners.node.job(key)).firstMs);
        }
        process.kill(servers[stopped].pid, 'SIGCONT');
      }
    }
    for (const side of ['node', 'gateway', 'relay'] as const) await miners[side].close();
  }
  return addedTime({ jobs, answers });
}

async function openMiners(world: BenchWorld, crowds: string, servers: Sides<Server>): Promise<Sides<Crowd>> {
  const open = (server: Server): Promise<Crowd> =>
    Crowd.open(world, crowds, server, { connections: 1, atOnce: 1 });
  const [node, gateway, relay] = await Promise.all([
    open(servers.node),
    open(servers.gateway),
    open(servers.relay),
  ]);
  return { node, gateway, relay };
}

export function addedTime({ jobs, answers }: AddedSamples): AddedTime {
  const job = (share: number): number => quantile(jobs.gateway, share);
  const jobAtRelay = (share: number): number => quantile(jobs.relay, share);
  const answer = (side: keyof Sides<unknown>, share: number): number => quantile(answers[side], share);
  const submit = (share: number): number => answer('gateway', share) - answer('node', share);
  const submitAtRelay = (share: number): number => answer('relay', share) - answer('node', share);
  const submitRows = (name: string, side: keyof Sides<unknown>): Row[] =>
    rowsOf(`valid submit at the ${name}`, (share) => answer(side, share), `${answers[side].length} blocks`);
  return {
    job: [job(0.5), job(0.99)],
    submit: [submit(0.5), submit(0.99)],
    rows: [
      ...rowsOf('added to a job', job, `${jobs.gateway.length} jobs, the same one at both`),
      ...rowsOf('bare relay: added to a job', jobAtRelay, `${jobs.relay.length} jobs, the same one at both`),
      ...rowsOf('beyond a bare relay: added to a job', (share) => job(share) - jobAtRelay(share)),
      ...submitRows('node', 'node'),
      ...submitRows('gateway', 'gateway'),
      ...submitRows('bare relay', 'relay'),
      ...rowsOf('added to a valid submit', submit),
      ...rowsOf('bare relay: added to a valid submit', submitAtRelay),
      ...rowsOf(
        'beyond a bare relay: added to a valid submit',
        (share) => submit(share) - submitAtRelay(share),
      ),
    ],
  };
}

/** Of one quantity; without a note it is a difference of two others. */
function rowsOf(what: string, value: (share: number) => number, note?: string): Row[] {
  return QUANTILES.map(({ name, share, difference }) => {
    return { name: `${what}, ${name}`, value: value(share), unit: 'ms', note: note ?? difference };
  });
}
