/**
 * What happens in the gateway, as typed values on one stream. Only observers listen to it (log, later metrics and
 * dashboard); nothing that mines depends on an event.
 */
import { Subject } from 'rxjs';
import type {
  BlockLocation,
  Candidate,
  ConfluxShare,
  ConfluxWork,
  Job,
  SourceNotice,
  Verdict,
} from '#libs/mining';

export type ConfluxCandidate = Candidate<ConfluxWork, ConfluxShare>;

export type GatewayEvent =
  | { readonly type: 'listening'; readonly address: string; readonly secured: boolean }
  | { readonly type: 'job'; readonly job: Job<ConfluxWork>; readonly miners: number }
  | { readonly type: 'source'; readonly source: string; readonly notice: SourceNotice }
  | { readonly type: 'upstream-switched'; readonly to: string }
  | { readonly type: 'evaluator'; readonly level: 'info' | 'warn'; readonly text: string }
  | { readonly type: 'miner-subscribed'; readonly remote: string; readonly worker: string }
  | {
      readonly type: 'miner-gone';
      readonly remote: string;
      readonly worker: string | undefined;
      readonly reason: string;
    }
  | { readonly type: 'connections-full'; readonly limit: number }
  | { readonly type: 'share'; readonly worker: string; readonly verdict: Verdict }
  | { readonly type: 'block-found'; readonly candidate: ConfluxCandidate }
  | { readonly type: 'block-taken'; readonly candidate: ConfluxCandidate }
  | { readonly type: 'block-waiting'; readonly candidate: ConfluxCandidate; readonly reason: string }
  | { readonly type: 'block-refused'; readonly candidate: ConfluxCandidate; readonly reason: string }
  | { readonly type: 'block-undelivered'; readonly candidate: ConfluxCandidate; readonly reason: string }
  | { readonly type: 'block-located'; readonly candidate: ConfluxCandidate; readonly location: BlockLocation }
  | { readonly type: 'block-missing'; readonly candidate: ConfluxCandidate };

export class GatewayEvents {
  readonly stream$ = new Subject<GatewayEvent>();

  emit(event: GatewayEvent): void {
    this.stream$.next(event);
  }
}
