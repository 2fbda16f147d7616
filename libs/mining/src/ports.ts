/**
 * The four ports of the bridge (the fourth, Outcome, is a value: see work.ts). A listener is a port number, a dialect
 * and a work source, with an evaluator between them.
 */
import type { Observable } from 'rxjs';
import type { Candidate, Job, Outcome, Share, Verdict, Work } from './work.js';

/** How a source is doing. `work` is what matters to miners; the other two explain why. */
export interface SourceHealth {
  readonly link: 'up' | 'down';
  /** `unknown` when the source has no second channel to ask. */
  readonly node: 'synced' | 'catching-up' | 'unreachable' | 'unknown';
  /** Time of the last message with work, in milliseconds since the epoch. */
  readonly lastWorkAt: number | undefined;
}

/** Something an operator should know about a source. Sent once per change, never per message. */
export interface SourceNotice {
  readonly level: 'info' | 'warn';
  readonly text: string;
}

/** Where a taken block ended up in the chain. */
export interface BlockLocation {
  readonly hash: string;
  readonly epoch: number;
  readonly height: number;
  /** Whether it is on the pivot chain. */
  readonly pivot: boolean;
  /** What proves that it is ours: its whole header, or its nonce and author where the header is not told. */
  readonly proof: 'header' | 'nonce';
}

/** Where work comes from and solutions go to. */
export interface WorkSource<W extends Work = Work, S extends Share = Share> {
  readonly name: string;
  /** Every work the source sends, repeats included (they prove that it is alive). Never errors, never completes. */
  readonly work$: Observable<W>;
  readonly notices$: Observable<SourceNotice>;
  readonly health: SourceHealth;
  start(): void;
  stop(): Promise<void>;
  /** One attempt to hand in a candidate. Never rejects: a broken transport is the outcome `unknown`. */
  submit(candidate: Candidate<W, S>): Promise<Outcome>;
  /**
   * Looks for a candidate's block in the chain: where it is, `missing` when it was not found in reasonable time, undefined
   * when the source cannot look or `signal` fired. Never rejects.
   */
  locate(candidate: Candidate<W, S>, signal: AbortSignal): Promise<BlockLocation | 'missing' | undefined>;
}

/** Proof-of-work checks. `precheck` is immediate and cheap; `evaluate` costs a hash and rejects on broken I/O only. */
export interface ShareEvaluator<W extends Work = Work, S extends Share = Share> {
  precheck(work: W, share: S): ShareKeys;
  /** Evaluations of different callers take turns. */
  evaluate(work: W, share: S, caller: object): Promise<Evaluation>;
}

export interface ShareKeys {
  /** Equal for shares that spend the same hash. */
  readonly dedupKey: string;
  /** Equal only for shares that are the same in every bit that can change their verdict. */
  readonly exactKey: string;
}

export interface Evaluation {
  /** The value to compare with targets. */
  readonly value: bigint;
}

/**
 * A wire protocol as a pure state machine: no socket, no clock, no evaluation. State is a value that the caller keeps
 * for the connection; what has to happen is returned as effects, in order.
 */
export interface Dialect<W extends Work, S extends Share, State, Request> {
  /** Width of the part of the nonce that each connection is given for itself; 0 where the protocol knows none. */
  readonly extranonceBytes: number;
  /** `extranonce` is below 256^extranonceBytes and no other open connection's. */
  open(extranonce: number): State;
  /** `line` is one line without its terminator. Never throws. */
  onMessage(state: State, line: string): Turn<State, S, Request>;
  /** Line to send, with terminator, before a connection is closed for something that is not an answer. */
  encodeFarewell(reason: string): string;
  /** Lines that make a target known ahead of its first job; empty where jobs carry their targets. */
  encodeTarget(target: bigint): string;
  /** Line with terminator. The same for every connection. */
  encodeJob(job: Job<W>): string;
  /** Body of one answer, without terminator. */
  encodeVerdict(request: Request, verdict: Verdict): string;
}

export interface Turn<State, S, Request> {
  readonly state: State;
  readonly effects: readonly Effect<S, Request>[];
}

export type Effect<S, Request> =
  /** One line of answers; lines leave in the order of their effects, however long a share takes. */
  | { readonly kind: 'answer'; readonly parts: readonly AnswerPart<S, Request>[]; readonly batch: boolean }
  /** The connection may submit as this worker. */
  | { readonly kind: 'authorize'; readonly worker: string }
  /** From here on the connection gets jobs. */
  | { readonly kind: 'subscribe' }
  /** It gave a wrong password. */
  | { readonly kind: 'wrong-secret' };

export type AnswerPart<S, Request> = string | { readonly share: S; readonly request: Request };
