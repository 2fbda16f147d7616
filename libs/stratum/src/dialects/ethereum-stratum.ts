/**
 * EthereumStratum/1.0.0 (NiceHash) with Octopus jobs, for miners that search behind an extranonce. Written from its
 * specification and from traces in public issues; not tried against any vendor's binary. No mapping of Octopus to it was
 * found (NiceHash's own draft for Octopus adds `xn` to Conflux's protocol instead), so where the height goes is our
 * addition: docs/protocol.md "EthereumStratum/1.0.0".
 */
import type { ConfluxShare, ConfluxWork, Dialect, Effect, Job, Nonce, Turn, Verdict } from '#libs/mining';
import { announcedDifficulty } from '../difficulty.js';
import type { JsonValue } from '../json.js';
import { DEFAULT_MESSAGE_LIMITS, detach, reportsHashrate, type MessageLimits } from '../message.js';
import {
  encodeFailure,
  encodeNotice,
  encodeSuccess,
  METHOD_NOT_FOUND,
  OTHER_ERROR,
  readRequest,
  type StratumError,
} from '../stratum-rpc.js';
import type { ConfluxAdmission } from './conflux.js';

export interface EthereumStratumSession {
  readonly extranonce: number;
  readonly subscribed: boolean;
  /** Names that a password was given for. Empty where submits need none: nothing depends on them there. */
  readonly workers: readonly string[];
}

export interface EthereumStratumSubmit {
  /** The request's id as JSON text. */
  readonly id: string;
}

type Session = EthereumStratumSession;
type EthereumEffect = Effect<ConfluxShare, EthereumStratumSubmit>;
type EthereumTurn = Turn<Session, ConfluxShare, EthereumStratumSubmit>;
type Params = readonly JsonValue[];

const PROTOCOL = 'EthereumStratum/1.0.0';
/** 65,536 connections, more than any farm has. The specification allows up to 3 bytes. */
const EXTRANONCE_BYTES = 2;
/** The extranonce is the top of the 64 bits that Octopus hashes; the miner counts through the rest. */
const SUFFIX_BITS = 64 - 8 * EXTRANONCE_BYTES;
const SUFFIX_DIGITS = SUFFIX_BITS / 4;
const HEX = /^(?:0x)?([0-9a-fA-F]*)$/;
const HEADER_HASH = /^(?:0x)?([0-9a-fA-F]{64})$/;
/** A miner authorizes its rig, a proxy one name per rig behind it; each is kept as long as the connection. */
export const MAX_WORKERS_PER_CONNECTION = 64;

export class EthereumStratumDialect implements Dialect<
  ConfluxWork,
  ConfluxShare,
  EthereumStratumSession,
  EthereumStratumSubmit
> {
  readonly extranonceBytes = EXTRANONCE_BYTES;

  /** `seedHashOf` gives the seed hash of a height's stage: 64 hex digits without 0x. It is called for every job. */
  constructor(
    private readonly admission: ConfluxAdmission,
    private readonly seedHashOf: (height: number) => string,
    private readonly limits: MessageLimits = DEFAULT_MESSAGE_LIMITS,
  ) {}

  open(extranonce: number): Session {
    return { extranonce, subscribed: false, workers: [] };
  }

  onMessage(state: Session, line: string): EthereumTurn {
    const request = readRequest(line, this.limits.jsonDepth);
    if (request.kind === 'notification') return { state, effects: [] };
    const { id } = request;
    if (request.kind === 'unreadable') return say(state, encodeFailure(id, request.error));
    const { method, params } = request;
    switch (method) {
      case 'mining.subscribe':
        return onSubscribe(state, id, params);
      case 'mining.extranonce.subscribe':
        // True promises that we may change it, which we never do.
        return say(state, encodeSuccess(id, 'true'));
      case 'mining.authorize':
        return this.onAuthorize(state, id, params);
      case 'mining.submit':
        return this.onSubmit(state, id, params);
      default:
        if (reportsHashrate(method)) return say(state, encodeSuccess(id, 'true'));
        return say(state, encodeFailure(id, METHOD_NOT_FOUND));
    }
  }

  encodeFarewell(reason: string): string {
    return `${encodeFailure('null', { code: OTHER_ERROR, message: reason })}\n`;
  }

  /** The miner applies it from the next job on. */
  encodeTarget(target: bigint): string {
    return encodeNotice('mining.set_difficulty', `[${JSON.stringify(announcedDifficulty(target))}]`);
  }

  /** Job id, seed hash, header hash, whether to drop older jobs, height. Hex without 0x. */
  encodeJob({ id, work }: Job<ConfluxWork>): string {
    const params = [bareId(id), this.seedHashOf(work.height), work.headerHash.slice(2), true, work.height];
    return encodeNotice('mining.notify', JSON.stringify(params));
  }

  encodeVerdict({ id }: EthereumStratumSubmit, verdict: Verdict): string {
    const error = ERRORS[verdict.kind];
    return error ? encodeFailure(id, error, false) : encodeSuccess(id, 'true');
  }

  private onAuthorize(state: Session, id: string, [name, password]: Params): EthereumTurn {
    const refuse = (error: StratumError) => say(state, encodeFailure(id, error, false));
    if (typeof name !== 'string') return refuse(INVALID_PARAMS);
    if (name.length > this.limits.workerName) return refuse(nameTooLong(this.limits.workerName));
    if (!this.admission.authenticate(typeof password === 'string' ? password : '')) {
      return say(state, encodeFailure(id, UNAUTHORIZED, false), { kind: 'wrong-secret' });
    }
    const worker = detach(name);
    if (this.admission.subscribeFirst && !state.workers.includes(worker)) {
      if (state.workers.length >= MAX_WORKERS_PER_CONNECTION) return refuse(TOO_MANY_WORKERS);
      state = { ...state, workers: [...state.workers, worker] };
    }
    return say(state, encodeSuccess(id, 'true'), { kind: 'authorize', worker });
  }

  private onSubmit(state: Session, id: string, [name, jobId, nonceText]: Params): EthereumTurn {
    const refuse = (error: StratumError) => say(state, encodeFailure(id, error, false));
    // Without its extranonce it cannot have searched for a solution.
    if (!state.subscribed) return refuse(NOT_SUBSCRIBED);
    const digits = typeof nonceText === 'string' ? HEX.exec(nonceText)?.[1] : undefined;
    if (typeof name !== 'string' || typeof jobId !== 'string' || digits === undefined)
      return refuse(MALFORMED);
    if (this.admission.subscribeFirst && !state.workers.includes(name)) return refuse(UNAUTHORIZED);
    const nonce = nonceOf(state.extranonce, digits);
    if (nonce === undefined) return refuse(WRONG_LENGTH);
    // Cut, not refused: a solution is worth more than the name it came under.
    const worker = name.slice(0, this.limits.workerName);
    // Found before a reconnection, it may still be a block.
    const suspect = nonce >> BigInt(SUFFIX_BITS) !== BigInt(state.extranonce);
    const share = { worker, workKey: undefined, jobId: registeredId(jobId), nonce: nonce as Nonce, suspect };
    const answer = { kind: 'answer', parts: [{ share, request: { id } }], batch: false } as const;
    return { state, effects: [answer] };
  }
}

const other = (message: string): StratumError => ({ code: OTHER_ERROR, message });
const MALFORMED = other('Malformed submit');
const UNAUTHORIZED: StratumError = { code: 24, message: 'Unauthorized worker' };
const NOT_SUBSCRIBED: StratumError = { code: 25, message: 'Not subscribed' };
const INVALID_PARAMS = other('Invalid params');
const WRONG_PROTOCOL = other(`Only ${PROTOCOL} is served here`);
const WRONG_LENGTH = other(
  `Malformed submit: a nonce has ${SUFFIX_DIGITS} hex digits after the extranonce, 16 with it`,
);
const TOO_MANY_WORKERS = other(`More than ${MAX_WORKERS_PER_CONNECTION} workers on one connection`);
const nameTooLong = (limit: number): StratumError => other(`A worker name of more than ${limit} characters`);

/** The codes are stratum's own: 21 job not found, 22 duplicate, 23 low difficulty, 24 unauthorized, 25 not subscribed. */
const ERRORS: Record<Verdict['kind'], StratumError | undefined> = {
  accepted: undefined,
  malformed: other("Malformed submit: the nonce is outside of this connection's extranonce"),
  stale: { code: 21, message: 'Job not found' },
  duplicate: { code: 22, message: 'Duplicate share' },
  invalid: { code: 23, message: 'Share above target' },
  unauthorized: UNAUTHORIZED,
  unanswered: other('The node has not answered yet, the solution is kept'),
  unchecked: other('Not checked, submit again'),
};

function say(state: Session, body: string, ...then: EthereumEffect[]): EthereumTurn {
  return { state, effects: [{ kind: 'answer', parts: [body], batch: false }, ...then] };
}

/**
 * Jobs begin at once: a miner may wait for difficulty and job before it authorizes (bzminer, bzminer/bzminer#121).
 * Another or no protocol is refused: a miner that is told yes would search nonces we cannot use (bzminer/bzminer#75).
 */
function onSubscribe(state: Session, id: string, [, protocol]: Params): EthereumTurn {
  if (typeof protocol !== 'string' || protocol.toLowerCase() !== PROTOCOL.toLowerCase()) {
    return say(state, encodeFailure(id, WRONG_PROTOCOL));
  }
  const extranonce = extranonceHex(state.extranonce);
  // The session id only has to tell connections apart, which the extranonce does.
  const result = encodeSuccess(id, JSON.stringify([['mining.notify', extranonce, PROTOCOL], extranonce]));
  if (state.subscribed) return say(state, result);
  return say({ ...state, subscribed: true }, result, { kind: 'subscribe' });
}

function extranonceHex(extranonce: number): string {
  return extranonce.toString(16).padStart(2 * EXTRANONCE_BYTES, '0');
}

/** The whole 64-bit nonce of a suffix, or as it is; both occur (kawpowminer#17). Undefined for another length. */
function nonceOf(extranonce: number, digits: string): bigint | undefined {
  if (digits.length === 16) return BigInt(`0x${digits}`);
  if (digits.length !== SUFFIX_DIGITS) return undefined;
  return (BigInt(extranonce) << BigInt(SUFFIX_BITS)) | BigInt(`0x${digits}`);
}

/** Job ids are header hashes; on this wire a job id is a hex number without 0x. */
function bareId(id: string): string {
  return HEADER_HASH.exec(id)?.[1] ?? id;
}

/** The id under which the job is kept. */
function registeredId(jobId: string): string {
  const digits = HEADER_HASH.exec(jobId)?.[1];
  return digits === undefined ? jobId : `0x${digits.toLowerCase()}`;
}
