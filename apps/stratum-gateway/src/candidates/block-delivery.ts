/**
 * Brings verified solutions to the node that made their job, again and again until it answers, and then follows the
 * block into the chain. The miner gets the node's first answer, or `unknown` when that takes too long.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '#libs/mining';
import type { ConfluxCandidate, GatewayEvents } from '../events.js';
import {
  DELIVERY_DEADLINE_MS,
  DELIVERY_RETRY_MS,
  MAX_DELIVERIES,
  MINER_ANSWER_TIMEOUT_MS,
} from '../limits.js';
import type { Upstreams } from '../upstreams/upstreams.js';

export class BlockDelivery {
  private readonly stopped = new AbortController();
  private underWay = 0;

  constructor(
    private readonly upstreams: Pick<Upstreams, 'submit' | 'locate'>,
    private readonly events: GatewayEvents,
  ) {
    // One listener per delivery under way; their number is bounded here, not by Node's warning.
    setMaxListeners(0, this.stopped.signal);
  }

  /** Never rejects. */
  async deliver(candidate: ConfluxCandidate): Promise<Outcome> {
    this.events.emit({ type: 'block-found', candidate });
    if (this.underWay >= MAX_DELIVERIES) {
      const reason = `${MAX_DELIVERIES} deliveries are under way`;
      this.events.emit({ type: 'block-refused', candidate, reason });
      return { kind: 'unknown', reason };
    }
    const delivery = this.untilAnswered(candidate);
    void delivery.then((outcome) => this.follow(candidate, outcome));
    return orAfter(delivery, MINER_ANSWER_TIMEOUT_MS, {
      kind: 'unknown',
      reason: 'the node did not answer in time',
    });
  }

  stop(): void {
    this.stopped.abort();
  }

  /** The node's answer. An answer lost with the link shows as `duplicate` on the next try: that is taken, too. */
  private async untilAnswered(candidate: ConfluxCandidate): Promise<Outcome> {
    this.underWay++;
    const deadline = Date.now() + DELIVERY_DEADLINE_MS;
    let outcome = await this.upstreams.submit(candidate);
    if (outcome.kind === 'unknown') {
      this.events.emit({ type: 'block-waiting', candidate, reason: outcome.reason });
      while (outcome.kind === 'unknown' && Date.now() < deadline && !this.stopped.signal.aborted) {
        await sleep(DELIVERY_RETRY_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
        outcome = await this.upstreams.submit(candidate);
      }
      if (outcome.kind === 'duplicate') outcome = { kind: 'accepted' };
    }
    this.underWay--;
    return outcome;
  }

  private async follow(candidate: ConfluxCandidate, outcome: Outcome): Promise<void> {
    if (outcome.kind !== 'accepted') {
      const reason = 'reason' in outcome ? outcome.reason : outcome.kind;
      this.events.emit({ type: 'block-refused', candidate, reason });
      return;
    }
    this.events.emit({ type: 'block-taken', candidate });
    const location = await this.upstreams.locate(candidate, this.stopped.signal);
    if (location) this.events.emit({ type: 'block-located', candidate, location });
    else if (!this.stopped.signal.aborted) this.events.emit({ type: 'block-missing', candidate });
  }
}

function orAfter<T>(value: Promise<T>, timeoutMs: number, late: T): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(late), timeoutMs);
    void value.then((early) => {
      clearTimeout(timer);
      resolve(early);
    });
  });
}
