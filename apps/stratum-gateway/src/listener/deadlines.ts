/** How long a connection may keep us waiting: to subscribe, to say something, to read what it was sent. */
import type { Limits } from '../limit-settings.js';

/** A connection as its deadlines see it. */
export interface Standing {
  /** Bytes that wait for the miner to read. */
  readonly unread: number;
  /** It has subscribed, and there is no job to give it. */
  readonly waitsForJob: boolean;
  readonly isAuthorized: boolean;
  /** How long it may be silent at least; undefined while it need not say anything. */
  readonly patienceMs: number | undefined;
}

export class Deadlines {
  /** Since when it should have subscribed: it may wait for a first job before it authorizes. */
  private from: number;
  /** Since when bytes have been waiting for the miner to read. */
  private behindSince: number | undefined;
  private heardAt: number;

  constructor(
    private readonly limits: Pick<Limits, 'subscribeS' | 'idleS' | 'slowReaderS'>,
    now: number,
  ) {
    this.from = now;
    this.heardAt = now;
  }

  onLine(now: number): void {
    this.heardAt = now;
  }

  onFirstJob(now: number): void {
    this.from = now;
  }

  /** Why the connection has to end, if it has; who does not read cannot be told. */
  missed(now: number, standing: Standing): { readonly reason: string; readonly reads: boolean } | undefined {
    const { subscribeS, idleS, slowReaderS } = this.limits;
    const { unread, waitsForJob, isAuthorized, patienceMs } = standing;
    if (unread === 0) this.behindSince = undefined;
    else this.behindSince ??= now;
    if (this.behindSince !== undefined && now - this.behindSince >= slowReaderS * 1000) {
      return { reason: `left bytes unread for ${slowReaderS} s`, reads: false };
    }
    if (!isAuthorized && !waitsForJob && now - this.from >= subscribeS * 1000) {
      return { reason: `not subscribed within ${subscribeS} s`, reads: true };
    }
    const silentMs = now - this.heardAt;
    if (patienceMs !== undefined && silentMs >= Math.max(idleS * 1000, patienceMs)) {
      return { reason: `nothing heard for ${Math.round(silentMs / 1000)} s`, reads: true };
    }
    return undefined;
  }
}
