/** What one honest miner waits while many connections send wrong Octopus nonces: at the node, and at the bridge. */
import { flood, type FloodPlan, type HonestMiner } from './flood.js';
import type { Row } from './report.js';
import { quantile } from './samples.js';

export interface FloodWaits {
  /** Milliseconds, p99. */
  readonly node: number;
  readonly gateway: number;
  readonly rows: readonly Row[];
}

/** Each of them waits for its answer, then sends the next. */
const CONNECTIONS = 128;
const WINDOW = 1;
const WARM_UP_MS = 500;

/** `node` and `gateway` are honest miners at the two. */
export async function measureFloodWaits(
  program: string,
  miners: { readonly node: HonestMiner; readonly gateway: HonestMiner },
  { rounds, measureMs }: { readonly rounds: number; readonly measureMs: number },
): Promise<FloodWaits> {
  const plan: FloodPlan = { connections: CONNECTIONS, window: WINDOW, warmUpMs: WARM_UP_MS, measureMs };
  const sides = (['node', 'gateway'] as const).map((name) => ({
    name,
    waits: [] as number[],
    rates: [] as number[],
  }));
  for (let round = 0; round < rounds; round++) {
    for (const { name, waits, rates } of sides) {
      const { honestLatenciesMs, wrong, seconds } = await flood(program, miners[name], plan);
      waits.push(...honestLatenciesMs);
      rates.push(wrong / seconds);
    }
  }
  const [node = NaN, gateway = NaN] = sides.map(({ waits }) => quantile(waits, 0.99));
  const rows = sides.flatMap(({ name, waits, rates }): Row[] => [
    { name: `${name}: wrong nonces answered`, value: quantile(rates, 0.5), unit: '1/s' },
    {
      name: `${name}: an honest miner waits, median`,
      value: quantile(waits, 0.5),
      unit: 'ms',
      note: `${waits.length} shares, one at a time`,
    },
    {
      name: `${name}: an honest miner waits, p99`,
      value: quantile(waits, 0.99),
      unit: 'ms',
      ratio: quantile(waits, 0.99) / node,
      note: `longest ${quantile(waits, 1).toFixed(1)}`,
    },
  ]);
  return { node, gateway, rows };
}
