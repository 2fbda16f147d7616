/** The parts of the gateway bench: each starts its servers, measures them in turns, and ends them. */
import { measureAddedTime } from './added-time.js';
import { bareRelay } from './bare-server.js';
import type { BenchWorld } from './bench-world.js';
import { measureBigCrowds, type CrowdPlan, type FanOutResult } from './big-crowds.js';
import { Digger } from './digger.js';
import { bareSend, bareWrite, gatewayFanOut } from './fan-outs.js';
import { HonestMiner } from './flood.js';
import { measureFloodWaits } from './flood-waits.js';
import type { GatewayMeasurements } from './gateway-figures.js';
import { connectionsAllowed } from './open-files.js';
import type { Section } from './report.js';
import { measureSideBySide, type SidePlan } from './side-by-side.js';

export interface BenchPlan {
  readonly sides: SidePlan;
  /** Blocks found through the gateway, as many through a bare relay, and with each one at the node: the time added. */
  readonly blocks: number;
  readonly crowds: readonly CrowdPlan[];
  readonly flood: { readonly rounds: number; readonly measureMs: number };
  /** What Node.js is told that runs the gateways. */
  readonly nodeOptions: readonly string[];
  readonly say: (text: string) => void;
}

export interface Part {
  readonly sections: readonly Section[];
  readonly measured: GatewayMeasurements;
}

/** Hashes for a block: few enough for the bench to find one in milliseconds. */
const DIFFICULTY = 1000;
/** Shares judged before a submit is timed: of a farm of six rigs in an hour. */
const SHARES_BEFORE = 2000;

/** One chain without Octopus, whose blocks the bench finds itself: each makes new jobs. */
export async function measureSides(world: BenchWorld, plan: BenchPlan): Promise<Part> {
  const { nodeOptions, say } = plan;
  say(
    'starting a conflux-rust node without Octopus, and a gateway in front of it; its first job takes up to 10 s',
  );
  const crowds = await world.compile('crowd');
  const bare = await world.compile('bare-send');
  const node = await world.startNode({ octopus: false, difficulty: DIFFICULTY });
  const digger = await Digger.connect(node);
  world.onEnd(() => digger.close());
  // Without the node's RPC: the search for a block in the chain is not the submit, and here blocks come every 100 ms.
  const gateway = await world.startGateway(
    { stratumPort: node.stratumPort },
    {
      algorithm: 'keccak-test',
      nodeOptions,
    },
  );
  const bridged = await Digger.connect(gateway);
  world.onEnd(() => bridged.close());
  say(`${plan.sides.connections} miners at the node, then at the gateway, in turns`);
  const sides = await measureSideBySide(world, crowds, bare, { node, gateway, digger }, plan.sides);
  const relay = await bareRelay(world, node.stratumPort);
  // The node's first job comes within 10 s, or with the next block.
  const [relayed] = await Promise.all([Digger.connect(relay), digger.dig()]);
  world.onEnd(() => relayed.close());
  // A gateway that has been up for an hour has compiled what it runs often.
  for (const each of [bridged, relayed]) await each.submitShares(SHARES_BEFORE);
  say('one miner at the node, one at the gateway, one at a bare relay');
  const servers = { node, gateway, relay };
  const diggers = { node: digger, gateway: bridged, relay: relayed };
  const added = await measureAddedTime(world, crowds, servers, diggers, plan.blocks);
  await relay.stop();
  await gateway.stop();
  await node.stop();
  const sections = [
    {
      title: `Side by side, ${plan.sides.connections.toLocaleString('en-US')} connections`,
      about:
        'A real conflux-rust node without Octopus; jobs come of blocks that the bench finds. In turns the same crowd ' +
        'is at the node, at the bridge in front of it, and at a loop that does nothing but send().',
      rows: sides.rows,
    },
    {
      title: 'What the bridge adds',
      about:
        'One miner at the node, one at the bridge, one at a bare relay: when the same job reaches each, and how long a ' +
        'valid submit takes. The relay is a process of Node.js that only forwards bytes: what it adds, anything between ' +
        "miner and node adds on this machine, and what lies beyond is the bridge's own. Bridge and relay take turns, " +
        'one is stopped meanwhile. The bridge does not look for the blocks in the chain.',
      rows: added.rows,
    },
  ];
  return { sections, measured: { sides, added } };
}

/** A node that does as it is told stands behind the gateways, since a real one serves no more than 1024 in comparison. */
export async function measureCrowds(world: BenchWorld, plan: BenchPlan): Promise<Part> {
  const { nodeOptions, say } = plan;
  const crowds = await world.compile('crowd');
  const bare = await world.compile('bare-send');
  const sections: Section[] = [];
  const ofGateway: FanOutResult[] = [];
  for (const { connections: wanted, jobs } of plan.crowds) {
    const connections = await connectionsAllowed(wanted);
    say(`${connections} miners at a gateway, at one with share targets, and at two bare loops`);
    const fanOuts = [
      await bareSend(world, bare),
      await bareWrite(world),
      await gatewayFanOut(world, 'gateway', { nodeOptions }),
      await gatewayFanOut(world, 'gateway with share targets', { settings: { SHARE_INTERVAL_S: '10' } }),
    ];
    const results = await measureBigCrowds(world, crowds, fanOuts, { connections, jobs });
    ofGateway.push(...results.filter(({ name }) => name === 'gateway'));
    const fewer = connections < wanted ? ` No more were possible here than ${connections}: open files.` : '';
    sections.push({
      title: `One job to ${wanted.toLocaleString('en-US')} connections`,
      about: `The same job sizes from a gateway and from two loops that do nothing else, in turns.${fewer}`,
      rows: results.flatMap(({ rows }) => rows),
    });
  }
  const [big, biggest] = ofGateway;
  return { sections, measured: { big, biggest } };
}

export async function measureFlood(world: BenchWorld, plan: BenchPlan): Promise<Part> {
  const { nodeOptions, say } = plan;
  say('starting a conflux-rust node with Octopus, and a gateway in front of it');
  const program = await world.compile('flood');
  const server = await world.startNode();
  const node = await HonestMiner.connect(server);
  world.onEnd(() => node.close());
  const gateway = await HonestMiner.connect(await world.startGateway(server, { nodeOptions }));
  world.onEnd(() => gateway.close());
  say('wrong nonces from 128 connections, at the node and at the gateway, in turns');
  const flood = await measureFloodWaits(program, { node, gateway }, plan.flood);
  const section = {
    title: 'Wrong nonces from 128 connections',
    about:
      'A real node with Octopus at stage 0. Each connection sends a wrong nonce, waits for the answer, and sends the ' +
      'next; one honest miner sends a share at a time.',
    rows: flood.rows,
  };
  return { sections: [section], measured: { flood } };
}
