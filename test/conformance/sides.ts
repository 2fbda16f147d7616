/**
 * The two sides of a comparison, a real node and the bridge in front of it, and the rule of the suite: the bridge
 * answers to the byte what the node answers, unless the case names the row of docs/protocol.md that says otherwise.
 */
import { rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDevchain, type ChainOptions, type Devchain } from '#libs/devchain';
import { startGateway, type Gateway } from '../../apps/stratum-gateway/src/gateway.js';
import { chainOptions, gatewayConfig, logger, upstream } from '../e2e/world.js';
import { play, type PlayOptions, type Step } from './conversation.js';

export interface Case {
  readonly name: string;
  readonly conversation: readonly Step[];
  /** Without it, both sides have to say the same. */
  readonly differs?: Difference;
}

export interface Difference {
  /** Words of the row in docs/protocol.md, "Where we differ and why". */
  readonly why: string;
  /** The bridge's lines. */
  readonly bridge: readonly string[];
  /** Set when the lines are not for a node's ears: they are played to the bridge alone. */
  readonly bridgeOnly?: true;
}

export interface Sides {
  readonly node: Devchain;
  readonly bridge: Gateway;
}

/** One node and one bridge for the tests of a file. The password is for the bridge's own link to the node. */
export function startSides(over: Partial<ChainOptions>, env: NodeJS.ProcessEnv, password?: string): Sides {
  let options: ChainOptions | undefined;
  let node: Devchain | undefined;
  let bridge: Gateway | undefined;
  beforeAll(async () => {
    options = await chainOptions(over);
    node = await startDevchain(options);
    bridge = await startGateway(
      gatewayConfig({ UPSTREAMS: upstream(node, password), STRATUM_LIMITS: 'off', ...env }),
      logger,
    );
  });
  afterAll(async () => {
    await bridge?.close();
    await node?.stop();
    if (options) await rm(options.dataDir, { recursive: true, force: true });
  });
  return {
    get node() {
      return node!;
    },
    get bridge() {
      return bridge!;
    },
  };
}

/** What a case is played with; the sides may differ in it, such as in the nonce that each of them is to accept. */
export interface Playing {
  readonly node?: PlayOptions;
  readonly bridge?: PlayOptions;
  /** Fills in the lines that a difference expects. */
  readonly expected?: (line: string) => string;
}

export async function compare(
  sides: Sides,
  { conversation, differs }: Case,
  playing: Playing = {},
): Promise<void> {
  const bridge = await play(sides.bridge.stratumPort, conversation, playing.bridge);
  if (differs) {
    expect(isDocumented(differs.why), `docs/protocol.md has a row "${differs.why}"`).toBe(true);
    expect(bridge).toEqual(differs.bridge.map(playing.expected ?? ((line) => line)));
    if (differs.bridgeOnly) return;
  }
  const node = await play(sides.node.stratumPort, conversation, playing.node);
  if (differs) expect(bridge, 'differs no more: remove the exemption').not.toEqual(node);
  else expect(bridge).toEqual(node);
}

/** A test for each case, for those that need nothing but the bytes. */
export function compareEach(sides: Sides, cases: readonly Case[]): void {
  it.each(cases)('$name', (entry) => compare(sides, entry));
}

function isDocumented(why: string): boolean {
  const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
  return page.slice(page.indexOf('## Where we differ and why')).includes(why);
}
