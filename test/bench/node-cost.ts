/** What a wrong nonce costs the real node: CPU seconds per submit, its idle work taken off, and submits per second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { flood, type FloodPlan, type HonestMiner } from './flood.js';
import { cpuSeconds } from './proc-stat.js';
import type { Row } from './report.js';
import { median, spread } from './samples.js';

export interface NodeCostPlan {
  readonly rounds: number;
  readonly idleMs: number;
  readonly measureMs: number;
}

export interface NodeCost {
  /** CPU seconds per second without submits. */
  readonly idleLoad: number;
  /** Seconds, one per round, with one connection. */
  readonly cpuPerSubmit: readonly number[];
  readonly rows: readonly Row[];
}

const CONNECTIONS = [1, 4];
/** A few under way keep the node's one thread busy; more would only wait longer. */
const WINDOW = 8;
const WARM_UP_MS = 500;

/** `node` is an honest miner at the node. */
export async function measureNode(program: string, node: HonestMiner, plan: NodeCostPlan): Promise<NodeCost> {
  const before = await cpuSeconds(node.server.pid);
  await sleep(plan.idleMs);
  const idleLoad = ((await cpuSeconds(node.server.pid)) - before) / (plan.idleMs / 1000);
  const loads = CONNECTIONS.map((connections) => ({
    connections,
    plan: { connections, window: WINDOW, warmUpMs: WARM_UP_MS, measureMs: plan.measureMs },
    cpuPerSubmit: [] as number[],
    perSecond: [] as number[],
    others: 0,
  }));
  for (let round = 0; round < plan.rounds; round++) {
    for (const load of loads) {
      const { cpuPerSubmit, perSecond, others } = await floodNode(program, node, load.plan, idleLoad);
      load.cpuPerSubmit.push(cpuPerSubmit);
      load.perSecond.push(perSecond);
      load.others += others;
    }
  }
  const rows = loads.flatMap(({ connections, cpuPerSubmit, perSecond, others }): Row[] => {
    const to = `${connections} connection${connections === 1 ? '' : 's'}`;
    const odd = others === 0 ? '' : `; ${others} other answers`;
    return [
      {
        name: `node, wrong submit, ${to}: CPU`,
        value: median(cpuPerSubmit) * 1000,
        unit: 'ms',
        ratio: 1,
        note: `${spread(
          cpuPerSubmit.map((seconds) => seconds * 1000),
          2,
        )}${odd}`,
      },
      {
        name: `node, wrong submits, ${to}`,
        value: median(perSecond),
        unit: '1/s',
        note: spread(perSecond, 0),
      },
    ];
  });
  const idle = { name: 'node without submits: CPU', value: idleLoad * 1000, unit: 'ms/s' };
  return { idleLoad, cpuPerSubmit: loads[0]?.cpuPerSubmit ?? [], rows: [idle, ...rows] };
}

async function floodNode(
  program: string,
  node: HonestMiner,
  plan: FloodPlan,
  idleLoad: number,
): Promise<{ cpuPerSubmit: number; perSecond: number; others: number }> {
  const { wrong, seconds, serverCpuSeconds, otherAnswers } = await flood(program, node, plan);
  return {
    cpuPerSubmit: (serverCpuSeconds - idleLoad * seconds) / wrong,
    perSecond: wrong / seconds,
    others: otherAnswers,
  };
}
