/** What a session is given, and what it asks of the rest of the gateway. */
import type { Socket } from 'node:net';
import type { ConfluxShare, ConfluxWork, Dialect, Verdict } from '#libs/mining';
import type { Limits } from '../limit-settings.js';
import type { Session } from './session.js';
import type { ShareTarget } from './share-target.js';

/** State and requests are the dialect's own business. */
export type ListenerDialect = Dialect<ConfluxWork, ConfluxShare, unknown, unknown>;

/** Who is at the other end, after TLS and PROXY headers. */
export interface Peer {
  readonly stream: Socket;
  readonly address: string;
  readonly port: number;
}

/** What the gate grants a connection. */
export interface Grant {
  readonly id: number;
  readonly extranonce: number;
  readonly target: ShareTarget;
  /** Spends what that many requests cost, and says for how many milliseconds no more may be read. */
  spend(requests: number, now: number): number;
  /** Said when the connection begins and ends to wait. False: too many wait, this one has to go. */
  mayWait(waits: boolean): boolean;
}

/** What a session needs from the rest of the gateway. */
export interface SessionHost {
  readonly dialect: ListenerDialect;
  readonly limits: Limits;
  judge(share: ConfluxShare, session: Session): Promise<Verdict>;
  /** The session may have jobs from now on: the host sends the current one, and later ones. */
  onSubscribed(session: Session): void;
  onAuthorized(session: Session, worker: string): void;
  onOffence(session: Session, offence: 'wrong-secret' | 'oversize-line'): void;
  onClosed(session: Session, reason: string): void;
}

/** Who spent a hash, as it is remembered beside the share: long after the session. */
export interface Submitter {
  name: string;
  isOpen: boolean;
}
