/** The figures that were promised of the gateway, and what a run reached of them. */
import type { AddedTime } from './added-time.js';
import type { FanOutResult } from './big-crowds.js';
import type { FloodWaits } from './flood-waits.js';
import type { Figure } from './report.js';
import type { SideBySide } from './side-by-side.js';

/** Parts that were not run are missing. `big` and `biggest` are the gateway's results at 10,000 and beyond. */
export interface GatewayMeasurements {
  readonly sides?: SideBySide;
  readonly big?: FanOutResult | undefined;
  readonly biggest?: FanOutResult | undefined;
  readonly added?: AddedTime;
  readonly flood?: FloodWaits;
}

const KIB = 1024;

export function gatewayFigures({ sides, big, biggest, added, flood }: GatewayMeasurements): Figure[] {
  const ms = { unit: 'ms', less: true };
  return [
    {
      name: 'connections served by one process',
      unit: '',
      node: sides?.nodeServes,
      reached: biggest?.served ?? big?.served,
      atLeast: 10_000,
      aim: 16_000,
    },
    {
      name: 'first to last arrival of a job at 1,000 connections, against the node',
      less: true,
      node: sides && 1,
      reached: sides && sides.gateway.spreadMs / sides.node.spreadMs,
      atLeast: 1,
      aim: 0.7,
    },
    {
      name: 'first to last arrival of a job at 10,000 connections',
      ...ms,
      reached: big?.spreadMs,
      atLeast: 200,
      aim: 100,
    },
    {
      name: 'memory per connection',
      unit: 'KiB',
      less: true,
      node: sides && sides.node.bytesPerConnection / KIB,
      reached: big && big.bytesPerConnection / KIB,
      atLeast: 24,
      aim: 12,
    },
    {
      name: 'subscribe to first job, p99',
      ...ms,
      node: sides?.node.firstJobMs,
      reached: sides?.gateway.firstJobMs,
      atLeast: 50,
      aim: 5,
    },
    { name: 'added to a job, median', ...ms, reached: added?.job[0], atLeast: 1, aim: 0.3 },
    { name: 'added to a job, p99', ...ms, reached: added?.job[1], atLeast: 5, aim: 2 },
    { name: 'added to a valid submit, median', ...ms, reached: added?.submit[0], atLeast: 1, aim: 0.3 },
    { name: 'added to a valid submit, p99', ...ms, reached: added?.submit[1], atLeast: 5, aim: 2 },
    {
      name: 'an honest miner waits under wrong nonces of 128 connections, p99',
      ...ms,
      node: flood?.node,
      reached: flood?.gateway,
      atLeast: 50,
      aim: 10,
    },
  ];
}
