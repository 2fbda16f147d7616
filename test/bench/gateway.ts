/**
 * `npm run bench:gateway`: the real node's own port and the bridge, side by side in one run on one machine: fan-out,
 * memory, first jobs, added time, service under a flood; prints the tables and writes docs/bench/gateway.md.
 * Options: `--quick` is a check that everything arrives, with a few hundred connections, no flood and no page; `--only
 * sides,crowds,flood` leaves the page alone, too. `--cpu-prof FOLDER` leaves profiles of the gateways' main threads.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BenchWorld, ROOT } from './bench-world.js';
import { echoFact, measureEcho } from './echo.js';
import { gatewayFigures, type GatewayMeasurements } from './gateway-figures.js';
import { measureCrowds, measureFlood, measureSides, type BenchPlan } from './gateway-parts.js';
import { machineFacts } from './machine.js';
import { renderMarkdown, renderText, type Section } from './report.js';

const PARTS = { sides: measureSides, crowds: measureCrowds, flood: measureFlood };
type PartName = keyof typeof PARTS;

const FULL = {
  echoes: 100,
  sides: { connections: 1000, rounds: 3, jobs: 20, beyond: 1500 },
  blocks: 100,
  crowds: [
    { connections: 10_000, jobs: 20 },
    { connections: 16_000, jobs: 10 },
  ],
  flood: { rounds: 2, measureMs: 8000 },
};
const QUICK = {
  echoes: 20,
  sides: { connections: 100, rounds: 1, jobs: 3, beyond: 0 },
  blocks: 3,
  crowds: [{ connections: 300, jobs: 3 }],
  flood: { rounds: 1, measureMs: 1000 },
};

const ABOUT =
  'Written by `npm run bench:gateway`; do not edit. Miners, node and bridge share one machine and its loopback, so a\n' +
  "job's way includes the miners' own work. Parts alternate with what they are compared to, in one run. Limits by\n" +
  'address are off; shares are blocks, unless a line says that share targets are on. `x first` is against the same line\n' +
  'of the first that is listed.';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    'cpu-prof': { type: 'string' },
  },
});
const names = readParts(values.only);
const profile = values['cpu-prof'];
const nodeOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`];
const { echoes, ...parts } = values.quick ? QUICK : FULL;
const plan: BenchPlan = { ...parts, nodeOptions, say };

await BenchWorld.main(bench);

async function bench(world: BenchWorld): Promise<void> {
  const machine = await machineFacts();
  const echoBefore = await measureEcho(world, echoes);
  const sections: Section[] = [];
  let measured: GatewayMeasurements = {};
  for (const name of names) {
    const part = await PARTS[name](world, plan);
    sections.push(...part.sections);
    measured = { ...measured, ...part.measured };
  }
  const facts = [...machine, echoFact(echoBefore, await measureEcho(world, echoes))];
  if (values.quick) check(measured);
  // What was promised of 10,000 connections is not shown by 300.
  const figures = values.quick ? [] : gatewayFigures(measured);
  const report = {
    title: 'The gateway: measured',
    about: ABOUT,
    comparedTo: 'x first',
    facts,
    sections,
    figures,
  };
  process.stdout.write(`\n${renderText(report)}`);
  if (values.quick || values.only !== undefined || plan.nodeOptions.length > 0) return;
  await mkdir(join(ROOT, 'docs/bench'), { recursive: true });
  await writeFile(join(ROOT, 'docs/bench/gateway.md'), renderMarkdown(report));
  say('wrote docs/bench/gateway.md');
}

/** That everybody got every job, the parts have checked themselves. */
function check({ big }: GatewayMeasurements): void {
  const connections = QUICK.crowds[0]?.connections;
  if (big && big.served !== connections) throw new Error(`${big.served} of ${connections} were served`);
}

function readParts(only: string | undefined): readonly PartName[] {
  const all = Object.keys(PARTS) as PartName[];
  if (only === undefined) return values.quick ? all.filter((part) => part !== 'flood') : all;
  const wanted = only.split(',');
  const known = all.filter((part) => wanted.includes(part));
  if (known.length === wanted.length) return known;
  process.stderr.write(`--only ${only}; accepted: a comma list of ${all.join(', ')}\n`);
  process.exit(2);
}

function say(text: string): void {
  process.stdout.write(`> ${text}\n`);
}
