/** The ratios that were promised of Octopus, and what a run reached of them. */
import type { GatewayRates } from './gateway-flood.js';
import { HEIGHT_OF_TODAY, STAGE_0, type Kernels } from './kernels.js';
import type { Edge } from './edge.js';
import type { Mining } from './miner.js';
import type { NodeCost } from './node-cost.js';
import type { Figure } from './report.js';
import { median } from './samples.js';

/** Parts that were not run are missing. */
export interface Measurements {
  readonly node?: NodeCost;
  readonly gateway?: GatewayRates;
  readonly kernels?: Kernels;
  readonly edge?: Edge;
  readonly mining?: Mining;
}

/** The node is at stage 0, so what it is compared to is, too. */
export function figuresOf({ node, gateway, kernels, mining }: Measurements): Figure[] {
  const ofNode = node && median(node.cpuPerSubmit);
  const best = (batched: boolean, height: number): number | undefined =>
    kernels?.cpuPerHash({ isa: kernels.defaultIsa, batched, height, threads: 1 });
  const scalar = kernels?.cpuPerHash({ isa: 'scalar', batched: false, height: HEIGHT_OF_TODAY });
  return [
    {
      name: 'one share alone: CPU, against a wrong submit at the node',
      atLeast: 6,
      aim: 9,
      reached: ratio(ofNode, best(false, STAGE_0)),
    },
    {
      name: 'batched, per core: CPU, against a wrong submit at the node',
      atLeast: 25,
      aim: 32,
      reached: ratio(ofNode, best(true, STAGE_0)),
    },
    {
      name: 'wrong submits per second through the gateway, all cores, against the node',
      atLeast: 20,
      aim: 30,
      reached: ratio(gateway?.gateway, gateway?.node),
    },
    {
      name: 'height 150M, batched, per core: CPU, against scalar single',
      atLeast: 15,
      aim: 25,
      reached: ratio(scalar, best(true, HEIGHT_OF_TODAY)),
    },
    {
      name: 'CPU miner with the data set, per core: CPU, against a wrong submit at the node',
      atLeast: 1000,
      aim: 2000,
      reached: ratio(ofNode, mining?.cpuPerHash),
    },
  ];
}

function ratio(numerator: number | undefined, denominator: number | undefined): number | undefined {
  return numerator === undefined || denominator === undefined ? undefined : numerator / denominator;
}
