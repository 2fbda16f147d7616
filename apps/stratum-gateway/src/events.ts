/**
 * What happens in the gateway, as typed values on one stream. Only observers listen to it (log, statistics, later metrics
 * and dashboard); nothing that mines depends on an event, nor waits for what observers do with it.
 */
import { Subject } from 'rxjs';
import type {
  BlockLocation,
  Candidate,
  ConfluxShare,
  ConfluxWork,
  Judgement,
  SourceNotice,
} from '#libs/mining';

export type ConfluxCandidate = Candidate<ConfluxWork, ConfluxShare>;

export type GatewayEvent =
  | { readonly type: 'listening'; readonly address: string; readonly secured: boolean }
  | { readonly type: 'job'; readonly work: ConfluxWork; readonly miners: number }
  | { readonly type: 'source'; readonly source: string; readonly notice: SourceNotice }
  | { readonly type: 'upstream-switched'; readonly to: string }
  | { readonly type: 'evaluator'; readonly level: 'info' | 'warn'; readonly text: string }
  | {
      readonly type: 'worker';
      readonly session: number;
      readonly remote: string;
      readonly worker: string;
    }
  | {
      readonly type: 'miner-gone';
      readonly session: number;
      readonly remote: string;
      readonly worker: string | undefined;
      readonly reason: string;
    }
  | { readonly type: 'gate'; readonly level: 'info' | 'warn'; readonly text: string }
  | {
      readonly type: 'share';
      readonly session: number;
      readonly worker: string;
      readonly judgement: Judgement<ConfluxWork>;
    }
  /** Two miners spent the same hash. */
  | { readonly type: 'same-hash'; readonly miners: readonly [string, string] }
  /** And not by accident. */
  | { readonly type: 'identical-work'; readonly miners: readonly [string, string] }
  | { readonly type: 'block-found'; readonly candidate: ConfluxCandidate }
  | { readonly type: 'block-taken'; readonly candidate: ConfluxCandidate }
  | { readonly type: 'block-waiting'; readonly candidate: ConfluxCandidate; readonly reason: string }
  | { readonly type: 'block-refused'; readonly candidate: ConfluxCandidate; readonly reason: string }
  | { readonly type: 'block-undelivered'; readonly candidate: ConfluxCandidate; readonly reason: string }
  | { readonly type: 'block-located'; readonly candidate: ConfluxCandidate; readonly location: BlockLocation }
  | { readonly type: 'block-missing'; readonly candidate: ConfluxCandidate };

export class GatewayEvents {
  /** In the order in which they were emitted. */
  readonly stream$ = new Subject<GatewayEvent>();
  private waiting: GatewayEvent[] = [];

  /** Observers hear of it when the event loop has sent what it has to send. */
  emit(event: GatewayEvent): void {
    if (this.waiting.push(event) === 1) setImmediate(() => this.flush());
  }

  /** At once: for the end of the process. */
  flush(): void {
    // What observers emit is among them.
    for (const event of this.waiting) this.stream$.next(event);
    this.waiting = [];
  }
}
