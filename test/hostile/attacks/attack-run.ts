/**
 * One run of an attack: its plan, its seeded choices, its connections, and its bounds. It ends by itself, in time, in
 * connections and in bytes, also when nobody tells it to.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Peer } from './peer.js';
import { Random } from './random.js';
import { Tally, type AttackReport } from './tally.js';

export interface AttackPlan {
  readonly kind: string;
  /** The gateway's, on 127.0.0.1. */
  readonly port: number;
  readonly seed: number;
  /** The attack ends when it is stopped, and this much later than it began at the latest. */
  readonly maxSeconds: number;
  /** The first three bytes of the addresses it comes from, inside 127/8. */
  readonly network: string;
  readonly password: string;
  /** Header hash of a job, and a nonce that solved it. */
  readonly hash: string;
  readonly nonce: string;
}

export type Attack = (run: AttackRun) => Promise<void>;

/** Bounds for each second that the attack may take. */
const MAX_CONNECTS_PER_S = 2000;
const MAX_BYTES_PER_S = 40 * 2 ** 20;
/** After a connection that was not taken; a flood of attempts is an attack of its own. */
const REFUSED_PAUSE_MS = 20;

export class AttackRun {
  readonly random: Random;
  readonly tally = new Tally();
  /** Resolves when the attack has to end. */
  readonly stopped: Promise<void>;
  private readonly peers = new Set<Peer>();
  private readonly abort = new AbortController();

  constructor(
    readonly plan: AttackPlan,
    private readonly onInPlace: () => void,
  ) {
    this.random = new Random(plan.seed);
    // One for each connection that waits.
    setMaxListeners(0, this.abort.signal);
    this.stopped = new Promise((resolve) =>
      this.abort.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    setTimeout(() => this.stop(), plan.maxSeconds * 1000).unref();
  }

  get over(): boolean {
    return this.abort.signal.aborted || this.tally.bytesSent > MAX_BYTES_PER_S * this.plan.maxSeconds;
  }

  stop(): void {
    this.abort.abort();
  }

  /** What the attack is about has begun; the test may look at it now. */
  inPlace(): void {
    this.onInPlace();
  }

  /** The connection, from the n-th address of the network; undefined when it was not taken or the bounds are reached. */
  async open(address = 1, { reads = true } = {}): Promise<Peer | undefined> {
    if (this.over || this.tally.connects >= MAX_CONNECTS_PER_S * this.plan.maxSeconds) {
      await this.pause(REFUSED_PAUSE_MS);
      return undefined;
    }
    this.tally.connects++;
    const peer = await Peer.open(this, `${this.plan.network}.${address}`, reads);
    if (peer) this.peers.add(peer);
    else await this.pause(REFUSED_PAUSE_MS);
    return peer;
  }

  /** Resolves early when the attack has to end. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.abort.signal }).catch(() => undefined);
  }

  forget(peer: Peer): void {
    this.peers.delete(peer);
  }

  /** The same for each of a number of connections at once. */
  async each(count: number, act: (index: number) => Promise<void>): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, index) => act(index)));
  }

  finish(): AttackReport {
    this.tally.leftOpen = this.peers.size;
    for (const peer of this.peers) peer.close();
    return this.tally.report();
  }
}
