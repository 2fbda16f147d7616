/**
 * What the worker takes on: a bounded number of hashes at a time, of stages that are ready, each with a deadline. What
 * it cannot do in time it says at once, so that the gateway goes elsewhere instead of waiting.
 */
import { setTimeout as after } from 'node:timers/promises';
import type { HashRequest } from '#libs/contracts';
import { EngineBusyError, stageOf, type PowEngine } from '#libs/octopus';

/** A hash takes up to 1.6 ms of a thread, so the last of them waits 51 ms: less than a gateway does. */
const IN_FLIGHT_PER_THREAD = 32;
/** Light caches under construction at a time: the current stage's and the next one's. */
const MAX_BUILDS = 2;

export type Taken =
  | { readonly outcome: 'answered'; readonly hash: Uint8Array }
  | { readonly outcome: 'busy' | 'late' | 'failed'; readonly message: string };
export type Prepared = { readonly outcome: 'answered' } | Exclude<Taken, { outcome: 'answered' }>;

export class Intake {
  readonly maxInFlight: number;
  private hashing = 0;
  private readonly building = new Set<number>();
  /** One object for each caller with hashes under way. */
  private readonly callers = new Map<number, { readonly turn: object; hashes: number }>();

  constructor(
    private readonly engine: PowEngine,
    maxInFlight = engine.stats().threads * IN_FLIGHT_PER_THREAD,
  ) {
    this.maxInFlight = maxInFlight;
  }

  /** Hashes that the engine has not finished, those included that nobody waits for any more. */
  get inFlight(): number {
    return this.hashing;
  }

  /** Never rejects. */
  async hash(request: HashRequest): Promise<Taken> {
    if (this.hashing >= this.maxInFlight)
      return { outcome: 'busy', message: `${this.hashing} hashes in flight` };
    if (!this.engine.isReady(request.height)) {
      void this.prepare(request.height);
      return { outcome: 'busy', message: `the light cache of stage ${stageOf(request.height)} is not ready` };
    }
    const cancel = new AbortController();
    const deadline = after(request.waitMs, undefined, { signal: cancel.signal }).then<Taken, Taken>(
      () => ({ outcome: 'late', message: `not hashed within ${request.waitMs} ms` }),
      () => ({ outcome: 'late', message: 'cancelled' }),
    );
    const taken = await Promise.race([this.run(request), deadline]);
    cancel.abort();
    return taken;
  }

  /** Builds the light cache of the height's stage. Never rejects. */
  async prepare(height: number): Promise<Prepared> {
    const stage = stageOf(height);
    if (!this.building.has(stage) && this.building.size >= MAX_BUILDS)
      return { outcome: 'busy', message: `${this.building.size} light caches are being built` };
    this.building.add(stage);
    try {
      await this.engine.prepare(height);
    } catch (error) {
      return { outcome: 'failed', message: String(error) };
    } finally {
      this.building.delete(stage);
    }
    return { outcome: 'answered' };
  }

  private async run({ headerHash, nonce, height, caller }: HashRequest): Promise<Taken> {
    const header = Buffer.from(headerHash.slice(2), 'hex');
    const turns = this.callers.get(caller) ?? { turn: {}, hashes: 0 };
    this.callers.set(caller, turns);
    turns.hashes++;
    this.hashing++;
    try {
      return { outcome: 'answered', hash: await this.engine.hash(header, BigInt(nonce), height, turns.turn) };
    } catch (error) {
      return { outcome: error instanceof EngineBusyError ? 'busy' : 'failed', message: String(error) };
    } finally {
      this.hashing--;
      if (--turns.hashes === 0) this.callers.delete(caller);
    }
  }
}
