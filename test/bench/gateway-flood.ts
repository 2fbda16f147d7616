/**
 * Wrong submits per second through the whole gateway (sockets, protocol, duplicates, hash, answer) with all cores, and
 * the same flood against the node itself, in alternating rounds; meanwhile what one honest miner waits.
 */
import { availableParallelism } from 'node:os';
import { flood, type FloodPlan, type FloodRound, type HonestMiner } from './flood.js';
import type { Row } from './report.js';
import { median, quantile, spread } from './samples.js';

export interface GatewayPlan {
  readonly rounds: number;
  readonly measureMs: number;
}

export interface GatewayRates {
  /** Wrong submits per second: medians of rounds. */
  readonly gateway: number;
  readonly node: number;
  readonly rows: readonly Row[];
}

/** As many under way on a connection as the gateway takes (LIMIT_SHARES_IN_FLIGHT), so that its cores never wait. */
const CONNECTIONS = 8;
const WINDOW = 32;
const WARM_UP_MS = 1000;

/** `node` and `gateway` are honest miners at the two. */
export async function measureGateway(
  program: string,
  node: HonestMiner,
  gateway: HonestMiner,
  { rounds, measureMs }: GatewayPlan,
): Promise<GatewayRates> {
  const plan: FloodPlan = { connections: CONNECTIONS, window: WINDOW, warmUpMs: WARM_UP_MS, measureMs };
  const ofNode: FloodRound[] = [];
  const ofGateway: FloodRound[] = [];
  for (let round = 0; round < rounds; round++) {
    ofNode.push(await flood(program, node, plan));
    ofGateway.push(await flood(program, gateway, plan));
  }
  const rates = { node: median(ofNode.map(perSecond)), gateway: median(ofGateway.map(perSecond)) };
  const rows = [
    ...rowsOf('node', ofNode, ofNode),
    ...rowsOf(`gateway, ${availableParallelism()} cores`, ofGateway, ofNode),
  ];
  return { ...rates, rows };
}

const cpuMicros = ({ serverCpuSeconds, wrong }: FloodRound): number => (serverCpuSeconds / wrong) * 1e6;
const perSecond = ({ wrong, seconds }: FloodRound): number => wrong / seconds;

/** The ratio of CPU times is the one to look at on a machine that others use, too. */
function rowsOf(name: string, rounds: readonly FloodRound[], ofNode: readonly FloodRound[]): Row[] {
  const rates = rounds.map(perSecond);
  const cpu = rounds.map(cpuMicros);
  const busy = rounds.map(({ serverCpuSeconds, seconds }) => serverCpuSeconds / seconds);
  const client = rounds.map(({ clientCpuSeconds, seconds }) => (clientCpuSeconds / seconds) * 100);
  const waits = rounds.flatMap(({ honestLatenciesMs }) => honestLatenciesMs);
  const others = rounds.reduce((sum, { otherAnswers }) => sum + otherAnswers, 0);
  const oddities = others === 0 ? '' : `; ${others} other answers`;
  return [
    {
      name: `${name}: wrong submits`,
      value: median(rates),
      unit: '1/s',
      ratio: median(rates) / median(ofNode.map(perSecond)),
      note: spread(rates, 0) + oddities,
    },
    {
      name: `${name}: CPU per wrong submit`,
      value: median(cpu),
      unit: 'us',
      ratio: median(ofNode.map(cpuMicros)) / median(cpu),
      note: `${spread(cpu, 0)}; ${median(busy).toFixed(2)} cores busy`,
    },
    { name: `${name}: load generator`, value: median(client), unit: '% of a core' },
    {
      name: `${name}: an honest miner waits, median`,
      value: quantile(waits, 0.5),
      unit: 'ms',
      note: `${waits.length} shares, one at a time`,
    },
    { name: `${name}: an honest miner waits, p99`, value: quantile(waits, 0.99), unit: 'ms' },
  ];
}
