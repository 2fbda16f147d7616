/**
 * conflux-rust's stratum as a state machine: `mining.subscribe` and `mining.submit` over JSON-RPC lines. How results
 * and jobs are spelled is a wire profile (conflux-rust.ts, documented.ts); everything else is the same for both.
 */
import type {
  AnswerPart,
  ConfluxShare,
  ConfluxWork,
  Dialect,
  Effect,
  Job,
  Nonce,
  Turn,
  Verdict,
} from '#libs/mining';
import { isList } from '../json.js';
import { describeJson } from '../json-description.js';
import {
  batchTooLong,
  closing,
  encodeError,
  encodeResult,
  INVALID_REQUEST,
  invalidParams,
  METHOD_NOT_FOUND,
  nameTooLong,
  PARSE_ERROR,
  readMessage,
  type Call,
  type Params,
  type ReplyTo,
  type WireError,
} from '../json-rpc.js';
import { DEFAULT_MESSAGE_LIMITS, detach, reportsHashrate, type MessageLimits } from '../message.js';

/** How a profile spells what differs. Results are JSON texts. */
export interface ConfluxWire {
  readonly subscribed: (granted: boolean) => string;
  readonly submitted: (accepted: boolean, reason: string | undefined) => string;
  /** A whole line, without terminator. */
  readonly notify: (job: Job<ConfluxWork>) => string;
}

export interface ConfluxAdmission {
  /** Whether the secret of a subscribe is right. Has to take the same time for right and wrong ones. */
  readonly authenticate: (secret: string) => boolean;
  /** Whether a connection has to subscribe before it submits. */
  readonly subscribeFirst: boolean;
}

export interface ConfluxSession {
  readonly subscribed: boolean;
}

export interface ConfluxSubmit {
  readonly replyTo: ReplyTo;
  readonly worker: string;
  readonly nonce: bigint;
}

type Part = AnswerPart<ConfluxShare, ConfluxSubmit>;
type ConfluxEffect = Effect<ConfluxShare, ConfluxSubmit>;
interface Answer {
  readonly part: Part;
  /** What it means for the connection, if anything. */
  readonly admission?: { readonly worker: string } | 'wrong-secret';
}

const HASH = /^(?:0x)?([0-9a-fA-F]{64})$/;
/** Up to 256 bits; none at all is 0. */
const NONCE = /^(?:0x)?([0-9a-fA-F]{0,64})$/;
/**
 * A miner that tries one protocol after the other subscribes like this: to be told so at once, neither granted what it
 * would not understand nor counted as a guess at the password.
 */
const OTHER_PROTOCOL = /^EthereumStratum\//i;
const UNADDRESSED: ReplyTo = { id: 'null', versioned: true };

export class ConfluxDialect implements Dialect<ConfluxWork, ConfluxShare, ConfluxSession, ConfluxSubmit> {
  readonly extranonceBytes = 0;

  constructor(
    private readonly wire: ConfluxWire,
    private readonly admission: ConfluxAdmission,
    private readonly limits: MessageLimits = DEFAULT_MESSAGE_LIMITS,
  ) {}

  open(): ConfluxSession {
    return { subscribed: false };
  }

  onMessage(state: ConfluxSession, line: string): Turn<ConfluxSession, ConfluxShare, ConfluxSubmit> {
    const message = readMessage(line, this.limits);
    if (message.kind === 'parse-error') return refuse(state, PARSE_ERROR);
    if (message.kind === 'batch-too-long') return refuse(state, batchTooLong(this.limits.batch));
    const parts: Part[] = [];
    const effects: ConfluxEffect[] = [answer(parts, message.batch)];
    for (const call of message.calls) {
      const answered = this.onCall(state, call);
      if (!answered) continue;
      const { part, admission } = answered;
      parts.push(part);
      if (admission === 'wrong-secret') effects.push({ kind: 'wrong-secret' });
      else if (admission) {
        effects.push({ kind: 'authorize', worker: admission.worker }, { kind: 'subscribe' });
        state = { subscribed: true };
      }
    }
    return { state, effects };
  }

  encodeFarewell(reason: string): string {
    return `${encodeError(UNADDRESSED, closing(reason))}\n`;
  }

  /** Jobs carry their boundaries. */
  encodeTarget(): string {
    return '';
  }

  encodeJob(job: Job<ConfluxWork>): string {
    return `${this.wire.notify(job)}\n`;
  }

  encodeVerdict(submit: ConfluxSubmit, verdict: Verdict): string {
    const reason = REASONS[verdict.kind](submit);
    return encodeResult(submit.replyTo, this.wire.submitted(verdict.kind === 'accepted', reason));
  }

  private onCall(state: ConfluxSession, call: Call): Answer | undefined {
    if (call.kind === 'notification') return undefined;
    if (call.kind === 'invalid') {
      return { part: encodeError({ id: call.id, versioned: true }, INVALID_REQUEST) };
    }
    switch (call.method) {
      case 'mining.subscribe':
        return this.onSubscribe(call.params, call.replyTo);
      case 'mining.submit':
        return { part: this.onSubmit(state, call.params, call.replyTo) };
      default:
        if (reportsHashrate(call.method)) return { part: encodeResult(call.replyTo, 'true') };
        return { part: encodeError(call.replyTo, METHOD_NOT_FOUND) };
    }
  }

  private onSubscribe(params: Params, replyTo: ReplyTo): Answer {
    const read = readSubscribe(params);
    if ('code' in read) return { part: encodeError(replyTo, read) };
    const { worker, secret } = read;
    if (worker.length > this.limits.workerName) {
      return { part: encodeError(replyTo, nameTooLong(this.limits.workerName)) };
    }
    if (OTHER_PROTOCOL.test(secret)) {
      return {
        part: encodeError(replyTo, invalidParams(`${secret.slice(0, 32)} is not spoken on this port`)),
      };
    }
    const granted = this.admission.authenticate(secret);
    const part = encodeResult(replyTo, this.wire.subscribed(granted));
    return { part, admission: granted ? { worker: detach(worker) } : 'wrong-secret' };
  }

  private onSubmit(state: ConfluxSession, params: Params, replyTo: ReplyTo): Part {
    const [name = '', jobId = '', nonceText = '', hashText = '', ...rest] = strings(params);
    // Cut, not refused: a solution is worth more than the name it came under.
    const worker = name.slice(0, this.limits.workerName);
    const nonce = NONCE.exec(nonceText)?.[1];
    const hash = HASH.exec(hashText)?.[1];
    if (rest.length > 0 || nonce === undefined || hash === undefined) {
      return this.encodeVerdict({ replyTo, worker, nonce: 0n }, { kind: 'malformed' });
    }
    const request: ConfluxSubmit = { replyTo, worker, nonce: BigInt(`0x${nonce || '0'}`) };
    if (this.admission.subscribeFirst && !state.subscribed) {
      return this.encodeVerdict(request, { kind: 'unauthorized' });
    }
    const share = { worker, workKey: `0x${hash.toLowerCase()}`, jobId, nonce: request.nonce as Nonce };
    return { share, request };
  }
}

/** conflux-rust's texts; miners and monitoring scripts match them. The last three are ours. */
const REASONS: Record<Verdict['kind'], (submit: ConfluxSubmit) => string | undefined> = {
  accepted: () => undefined,
  malformed: () => undefined,
  stale: ({ worker }) => `Solution for a stale job! worker_id = ${worker}`,
  invalid: ({ worker }) => `Incorrect Nonce! worker_id = ${worker}!`,
  duplicate: ({ worker, nonce }) => `Problem already solved with nonce = ${nonce}! worker_id = ${worker}`,
  unauthorized: ({ worker }) => `Not subscribed! worker_id = ${worker}`,
  unanswered: ({ worker }) => `The node has not answered yet, the solution is kept! worker_id = ${worker}`,
  unchecked: ({ worker }) => `Not checked, submit again! worker_id = ${worker}`,
};

/** A boundary as Conflux writes it: `0x` and hex digits without leading zeros. */
export function hexBoundary(target: bigint): string {
  return `0x${target.toString(16)}`;
}

/** For what cannot be answered to a request of its own. */
function refuse(state: ConfluxSession, error: WireError): Turn<ConfluxSession, ConfluxShare, ConfluxSubmit> {
  return { state, effects: [answer([encodeError(UNADDRESSED, error)], false)] };
}

function answer(parts: readonly Part[], batch: boolean): ConfluxEffect {
  return { kind: 'answer', parts, batch };
}

/** conflux-rust drops what is not a string before it counts. */
function strings(params: Params): string[] {
  return isList(params) ? params.filter((item) => typeof item === 'string') : [];
}

function readSubscribe(params: Params): { worker: string; secret: string } | WireError {
  if (!isList(params)) {
    return invalidParams(`invalid type: ${describeJson(params)}, expected a tuple of size 2`);
  }
  const [worker, secret] = params;
  for (const item of params.slice(0, 2)) {
    if (typeof item !== 'string') {
      return invalidParams(`invalid type: ${describeJson(item)}, expected a string`);
    }
  }
  if (params.length > 2)
    return invalidParams(`invalid length ${params.length}, expected fewer elements in array`);
  if (typeof worker === 'string' && typeof secret === 'string') return { worker, secret };
  return invalidParams(`invalid length ${params.length}, expected a tuple of size 2`);
}
