/**
 * `npm run bench:pow`: the kernels, the real node's cost of a wrong nonce, and the whole gateway under wrong nonces, in
 * one run on one machine; prints the tables and writes docs/bench/pow.md.
 * Options: `--quick` for a look of about a minute, `--only node,gateway,kernels,edge,miner`; both leave the page alone.
 * `--cpu-prof FOLDER` leaves a CPU profile of the gateway's main thread there, which costs it some percent.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BenchWorld, ROOT } from './bench-world.js';
import { figuresOf, type Measurements } from './figures.js';
import { HonestMiner } from './flood.js';
import { measureGateway } from './gateway-flood.js';
import { HEIGHT_OF_TODAY, measureKernels, STAGE_0 } from './kernels.js';
import { machineFacts } from './machine.js';
import { measureEdge } from './edge.js';
import { measureMining } from './miner.js';
import { measureNode } from './node-cost.js';
import { renderMarkdown, renderText, type Section } from './report.js';
import { median } from './samples.js';

const PARTS = ['node', 'gateway', 'kernels', 'edge', 'miner'] as const;
type Part = (typeof PARTS)[number];

const FULL = {
  node: { rounds: 5, idleMs: 5000, measureMs: 5000 },
  gateway: { rounds: 5, measureMs: 8000 },
  kernels: { rounds: 5, measureMs: 1000, referenceHeights: [STAGE_0, HEIGHT_OF_TODAY] },
};
const QUICK = {
  node: { rounds: 1, idleMs: 1000, measureMs: 2000 },
  gateway: { rounds: 1, measureMs: 3000 },
  kernels: { rounds: 1, measureMs: 300, referenceHeights: [STAGE_0] },
};

const ABOUT =
  'Written by `npm run bench:pow`; do not edit. Each part is a median of rounds that alternate with what they are\n' +
  'compared to, in one run on one machine. Ratios carry over to other machines better than times do.';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    'cpu-prof': { type: 'string' },
  },
});
const parts = readParts(values.only);
const plan = values.quick ? QUICK : FULL;

await BenchWorld.main(bench);

async function bench(world: BenchWorld): Promise<void> {
  const facts = await machineFacts();
  const sections: Section[] = [];
  let measured: Measurements = {};
  if (parts.has('node') || parts.has('gateway')) {
    const servers = await measureServers(world);
    measured = servers.measured;
    sections.push(...servers.sections);
  }
  if (parts.has('kernels')) {
    say('kernels: each configuration in processes of its own');
    const kernels = await measureKernels(plan.kernels, measured.node && median(measured.node.cpuPerSubmit));
    measured = { ...measured, kernels };
    sections.unshift({
      title: 'Kernels',
      about:
        'Hashes through the engine as the gateway asks for them. CPU is that of the whole process, JavaScript included.',
      rows: kernels.rows,
    });
  }
  if (parts.has('edge')) {
    say('stages: shares while light caches are built');
    const edge = await measureEdge();
    measured = { ...measured, edge };
    sections.push({
      title: 'The edge of a stage',
      about:
        'One thread hashes; two other stages are built at once, at normal priority, with a share under way all the time.',
      rows: edge.rows,
    });
  }
  if (parts.has('miner') && !values.quick) {
    say('miner: the whole data set of stage 0, in memory');
    const mining = await measureMining(measured.node && median(measured.node.cpuPerSubmit));
    measured = { ...measured, mining };
    sections.push({
      title: 'The CPU miner with the data set',
      about:
        'Every nonce is hashed with the 4.3 GB data set in memory; found hashes are compared with the light algorithm.',
      rows: mining.rows,
    });
  }
  const report = {
    title: 'Proof of work: measured',
    about: ABOUT,
    facts,
    sections,
    figures: figuresOf(measured),
  };
  process.stdout.write(`\n${renderText(report)}`);
  if (values.quick || parts.size < PARTS.length || values['cpu-prof'] !== undefined) return;
  await mkdir(join(ROOT, 'docs/bench'), { recursive: true });
  await writeFile(join(ROOT, 'docs/bench/pow.md'), renderMarkdown(report));
  say('wrote docs/bench/pow.md');
}

/** One node serves both parts; the second starts the gateway in front of it. */
async function measureServers(world: BenchWorld): Promise<{ measured: Measurements; sections: Section[] }> {
  const sections: Section[] = [];
  let measured: Measurements = {};
  say('starting a conflux-rust node; its first job takes up to 10 s');
  const program = await world.compile('flood');
  const server = await world.startNode();
  const node = await HonestMiner.connect(server);
  world.onEnd(() => node.close());
  if (parts.has('node')) {
    say('node: wrong nonces, and nothing');
    const cost = await measureNode(program, node, plan.node);
    measured = { ...measured, node: cost };
    sections.push({
      title: 'The node',
      about:
        'A real conflux-rust node with Octopus on, at stage 0. Distinct wrong nonces, 8 under way per connection; its ' +
        'CPU time without submits is taken off.',
      rows: cost.rows,
    });
  }
  if (parts.has('gateway')) {
    const threads = availableParallelism();
    const gateway = await HonestMiner.connect(
      await world.startGateway(server, { threads, nodeOptions: profiling() }),
    );
    world.onEnd(() => gateway.close());
    say('gateway and node under the same flood, in turns');
    const rates = await measureGateway(program, node, gateway, plan.gateway);
    measured = { ...measured, gateway: rates };
    sections.push({
      title: 'The whole gateway',
      about:
        'Distinct wrong nonces over 8 connections with 32 under way each, from a load generator on the same cores: ' +
        'against the gateway, and against the node itself.',
      rows: rates.rows,
    });
  }
  return { measured, sections };
}

/** What Node is told so that the gateway leaves a profile. */
function profiling(): string[] {
  const folder = values['cpu-prof'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(folder)}`];
}

function readParts(only: string | undefined): ReadonlySet<Part> {
  if (only === undefined) return new Set(PARTS);
  const wanted = only.split(',');
  const known = PARTS.filter((part) => wanted.includes(part));
  if (known.length === wanted.length) return new Set(known);
  process.stderr.write(`--only ${only}; accepted: a comma list of ${PARTS.join(', ')}\n`);
  process.exit(2);
}

function say(text: string): void {
  process.stdout.write(`> ${text}\n`);
}
