/**
 * One kernel configuration, measured in a process of its own so that the process's CPU time is the kernel's: builds the
 * light cache, then hashes for a while. Argument: a KernelPlan as JSON. Prints a KernelResult as JSON.
 */
import { randomBytes } from 'node:crypto';
import {
  loadOctopus,
  readEngineOptions,
  VERIFY_ITEM_BYTES,
  type EngineKind,
  type PowEngine,
} from '#libs/octopus';

export interface KernelPlan {
  readonly engine: EngineKind;
  readonly height: number;
  /** Hashes asked for at a time: 1 is one share alone. */
  readonly inFlight: number;
  readonly measureMs: number;
}

export interface KernelResult {
  /** The code path that the engine says it took. */
  readonly isa: string;
  readonly buildCpuSeconds: number;
  readonly buildSeconds: number;
  readonly cpuPerHash: number;
  readonly hashesPerSecond: number;
}

/** In an item of verifyBatch: the nonce's lowest 32 bits, and the height. */
const NONCE_AT = 60;
const HEIGHT_AT = 96;

async function measure({ engine: kind, height, inFlight, measureMs }: KernelPlan): Promise<KernelResult> {
  const { engine } = loadOctopus({ ...readEngineOptions(process.env), engine: kind });
  const build = clock();
  await engine.prepare(height);
  const built = build();
  await hashFor(engine, height, inFlight, measureMs / 10);
  const hashing = clock();
  const hashes = await hashFor(engine, height, inFlight, measureMs);
  const { cpuSeconds, seconds } = hashing();
  const { isa } = engine.stats();
  await engine.close();
  return {
    isa,
    buildCpuSeconds: built.cpuSeconds,
    buildSeconds: built.seconds,
    cpuPerHash: cpuSeconds / hashes,
    hashesPerSecond: hashes / seconds,
  };
}

/** CPU time of all threads and wall time since now. */
function clock(): () => { cpuSeconds: number; seconds: number } {
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(cpuBefore);
    return { cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - before) / 1000 };
  };
}

/** Keeps so many hashes under way until time is up, then waits for the last ones; resolves to their number. */
async function hashFor(engine: PowEngine, height: number, inFlight: number, ms: number): Promise<number> {
  const header = randomBytes(32);
  const end = performance.now() + ms;
  let hashes = 0;
  // Counted, not drawn: random bytes for each hash would cost a tenth of it.
  let nonce = randomBytes(4).readUInt32BE();
  const single = async (): Promise<void> => {
    do {
      await engine.hash(header, BigInt(nonce++), height);
      hashes++;
    } while (performance.now() < end);
  };
  // Two calls, so that one is under way while the other is settled.
  const size = inFlight / 2;
  const batch = async (): Promise<void> => {
    const items = Buffer.alloc(size * VERIFY_ITEM_BYTES);
    for (let at = 0; at < items.length; at += VERIFY_ITEM_BYTES) {
      header.copy(items, at);
      items.writeBigUInt64LE(BigInt(height), at + HEIGHT_AT);
    }
    do {
      for (let at = NONCE_AT; at < items.length; at += VERIFY_ITEM_BYTES) {
        nonce = (nonce + 1) >>> 0;
        items.writeUInt32BE(nonce, at);
      }
      await engine.verifyBatch(items);
      hashes += size;
    } while (performance.now() < end);
  };
  await (inFlight === 1 ? single() : Promise.all([batch(), batch()]));
  return hashes;
}

process.on('disconnect', () => process.exit(1));
const result = await measure(JSON.parse(process.argv[2] ?? '') as KernelPlan);
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
