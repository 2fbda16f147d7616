/**
 * The values that flow through the bridge: work and jobs go down, shares, verdicts and candidates come up.
 * All of them are immutable and know nothing of sockets, nodes or hash functions.
 */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** `0x` and 64 lower-case hex digits. */
export type Hash32 = Branded<string, 'Hash32'>;
/** Non-negative integer below 2^256. */
export type Nonce = Branded<bigint, 'Nonce'>;
/** The name under which miners know a job. Unique among the jobs kept. */
export type JobId = Branded<string, 'JobId'>;

/** A problem as its source handed it out. */
export interface Work {
  /** Identity of the problem: two works with the same key have the same solutions. */
  readonly key: string;
  /** What the problem extends; works of one lineage compete for the same place in the chain. */
  readonly lineage: string;
  /** Name of the source that made it. Only that source can turn a solution into a block. */
  readonly source: string;
  readonly height: number;
  readonly networkTarget: bigint;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/**
 * Work as it is given to miners. Life: active (the newest of the registry) → past (kept, its shares are judged and
 * its solutions forwarded) → gone (its shares are stale).
 */
export interface Job<W extends Work = Work> {
  readonly id: JobId;
  /** Running number of jobs, one counter for all of them. */
  readonly sequence: number;
  readonly work: W;
  /** What a share has to meet: the network target, or an easier one. */
  readonly target: bigint;
}

export interface Share {
  readonly worker: string;
  /** Key of the work that the share solves; undefined where the protocol names the job only. */
  readonly workKey: string | undefined;
  /** Job id as the miner sent it; not trusted. */
  readonly jobId: string;
  /** Malformed, unless it is a solution: such as one found before a reconnection, under another extranonce. */
  readonly suspect?: boolean;
}

/** A share that meets the network target: to be delivered to the source of its work. */
export interface Candidate<W extends Work = Work, S extends Share = Share> {
  readonly work: W;
  readonly share: S;
  /** The value that was found below the network target. */
  readonly value: bigint;
}

/** What a source said of a candidate. `accepted` means taken, not yet on the chain. */
export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'sidechain' }
  | { readonly kind: 'rejected'; readonly reason: 'stale' | 'invalid' | 'malformed' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What a miner is told of a share. A dialect's table turns it into wire text. */
export type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'invalid' }
  /** Verified and kept, but the source has not answered yet. */
  | { readonly kind: 'unanswered' }
  /** No evaluator could be reached. */
  | { readonly kind: 'unchecked' };

/** What the rules found out about a share. */
export interface Finding {
  readonly verdict: Verdict;
  /** Whether it met the network's target. */
  readonly solved: boolean;
  /** The value that met its target; undefined where none did. */
  readonly value: bigint | undefined;
}
