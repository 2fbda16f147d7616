// The edge of a stage under load: the hashes of the old stage go on while the new one is built, and once it is built
// ahead, the first hash beyond the edge waits for nothing. How long hashes take meanwhile is the bench's business.
import { afterEach, describe, expect, it } from 'vitest';
import { OctopusEngine } from './engine.js';
import { NativeKernel, openAddon, type NativeCache } from './native.js';
import { octopusHash } from './reference/hash.js';
import { lightCacheFrom } from './reference/light-cache.js';
import { STAGE_LENGTH } from './reference/constants.js';
import { stageOf } from './reference/sizes.js';

/** Remembers what was built; a build's end can be held back until the test has seen what it waits for. */
class RecordingKernel extends NativeKernel {
  readonly builds: { readonly stages: readonly number[]; readonly ahead: boolean }[] = [];
  readonly caches = new Map<number, Promise<NativeCache>>();
  hold: () => Promise<void> = () => Promise.resolve();
  override build(stages: readonly number[], ahead: boolean): Promise<NativeCache>[] {
    this.builds.push({ stages, ahead });
    const held = this.hold();
    const caches = super.build(stages, ahead).map(async (cache) => {
      await held;
      return cache;
    });
    stages.forEach((stage, i) => this.caches.set(stage, caches[i] ?? expect.unreachable()));
    return caches;
  }
}

const addon = openAddon();
const header = Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 2);

const engines: OctopusEngine<NativeCache>[] = [];
const loads: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(loads.splice(0).map((load) => load.stop()));
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

function open(): { kernel: RecordingKernel; engine: OctopusEngine<NativeCache> } {
  const kernel = new RecordingKernel(addon, { threads: 1 });
  const engine = new OctopusEngine(kernel);
  engines.push(engine);
  return { kernel, engine };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Keeps eight hashes of the height under way until the test ends. */
function load(engine: OctopusEngine<NativeCache>, height: number): { more(hashes: number): Promise<void> } {
  let done = 0;
  let nonce = 0n;
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (!stopped) {
      await engine.hash(header, nonce++, height);
      done++;
    }
  };
  const lanes = Promise.all(Array.from({ length: 8 }, lane));
  loads.push({
    stop: async () => {
      stopped = true;
      await lanes;
    },
  });
  return {
    more: async (hashes) => {
      const goal = done + hashes;
      while (done < goal) await turn();
    },
  };
}

/** Compares with the reference, on the words of the cache that the kernel built. */
async function expectRight(
  engine: OctopusEngine<NativeCache>,
  kernel: RecordingKernel,
  height: number,
): Promise<void> {
  const stage = stageOf(height);
  const cache = await (kernel.caches.get(stage) ?? expect.unreachable());
  const reference = lightCacheFrom(stage, addon.cacheWords(cache));
  for (const nonce of [0n, 31n, 2n ** 64n - 1n]) {
    expect(await engine.hash(header, nonce, height)).toEqual(octopusHash(reference, header, nonce));
  }
}

// Stage 1 begins at 524,288, stage 431 at 225,968,128, where a closed miner is known to fail.
describe.each([524_288, 225_968_128])('the edge at height %i', (edge) => {
  it('is crossed under load: the old stage goes on while the new one is built', async () => {
    const { kernel, engine } = open();
    // Too far from the edge for building ahead.
    const before = edge - STAGE_LENGTH;
    await engine.prepare(before);
    const { more } = load(engine, before);
    kernel.hold = () => more(100);
    await engine.prepare(edge);
    await expectRight(engine, kernel, edge - 1);
    await expectRight(engine, kernel, edge);
  });

  it('is crossed without a build, because the stage was built ahead', async () => {
    const { kernel, engine } = open();
    const stage = stageOf(edge);
    await engine.prepare(edge - 1);
    await load(engine, edge - 1).more(1);
    while (!engine.stats().stages.includes(stage)) await turn();
    await expectRight(engine, kernel, edge - 1);
    await expectRight(engine, kernel, edge);
    expect(kernel.builds).toEqual([
      { stages: [stage - 1], ahead: false },
      { stages: [stage], ahead: true },
    ]);
  });
});
