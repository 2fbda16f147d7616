/**
 * The JSON-RPC envelope as conflux-rust's server reads and writes it: what is a call, what is an invalid request and
 * what is no JSON at all. Which methods exist is the dialect's business.
 */
import { isList, JsonObject, type JsonValue } from './json.js';
import { idText, parseLine, reportsHashrate, type MessageLimits } from './message.js';

export type Params = readonly JsonValue[] | JsonObject | null;

/** Where an answer goes: the id as JSON text, and whether the request carried `"jsonrpc":"2.0"`. */
export interface ReplyTo {
  readonly id: string;
  readonly versioned: boolean;
}

export type Call =
  | { readonly kind: 'call'; readonly method: string; readonly params: Params; readonly replyTo: ReplyTo }
  /** A request without id: not executed, not answered. */
  | { readonly kind: 'notification' }
  | { readonly kind: 'invalid'; readonly id: string };

export type Message =
  | { readonly kind: 'calls'; readonly calls: readonly Call[]; readonly batch: boolean }
  | { readonly kind: 'parse-error' }
  | { readonly kind: 'batch-too-long' };

export interface WireError {
  readonly code: number;
  readonly message: string;
}

export const PARSE_ERROR: WireError = { code: -32700, message: 'Parse error' };
export const INVALID_REQUEST: WireError = { code: -32600, message: 'Invalid request' };
export const METHOD_NOT_FOUND: WireError = { code: -32601, message: 'Method not found' };
export const invalidParams = (detail: string): WireError => ({
  code: -32602,
  message: `Invalid params: ${detail}.`,
});

export const batchTooLong = (limit: number): WireError => ({
  ...INVALID_REQUEST,
  message: `${INVALID_REQUEST.message}: a batch of more than ${limit} requests`,
});
export const nameTooLong = (limit: number): WireError =>
  invalidParams(`a worker name of more than ${limit} characters`);

/** The last word before the server closes the connection; the code is the first of JSON-RPC's range for servers. */
export const closing = (reason: string): WireError => ({ code: -32000, message: reason });

/**
 * How nearly all miners write nearly all requests: a small id, and strings without escapes for parameters. Read at once, a
 * submit costs a third of what it takes piece by piece.
 */
const PLAIN_CALL =
  /^\{"id":(0|[1-9]\d{0,14}),("jsonrpc":"2\.0",)?"method":"([\w.]+)","params":\["([^"\\\u0000-\u001f]*(?:","[^"\\\u0000-\u001f]*)*)"\]\}$/;

/** Reads one line. Never throws. */
export function readMessage(line: string, limits: MessageLimits): Message {
  const plain = PLAIN_CALL.exec(line);
  if (plain) {
    const [, id = '', version, method = '', params = ''] = plain;
    const replyTo = { id, versioned: version !== undefined };
    return {
      kind: 'calls',
      calls: [{ kind: 'call', method, params: params.split('","'), replyTo }],
      batch: false,
    };
  }
  const value = parseLine(line, limits.jsonDepth);
  const batch = value !== undefined && isList(value);
  if (batch && value.length > limits.batch) return { kind: 'batch-too-long' };
  const calls: Call[] = [];
  for (const item of batch ? value : [value]) {
    const call = readCall(item);
    if (!call) return { kind: 'parse-error' };
    calls.push(call);
  }
  return { kind: 'calls', calls, batch };
}

export function encodeResult(replyTo: ReplyTo, resultJson: string): string {
  return `{${version(replyTo.versioned)}"result":${resultJson},"id":${replyTo.id}}`;
}

export function encodeError(replyTo: ReplyTo, { code, message }: WireError): string {
  const error = `{"code":${code},"message":${JSON.stringify(message)}}`;
  return `{${version(replyTo.versioned)}"error":${error},"id":${replyTo.id}}`;
}

const version = (versioned: boolean): string => (versioned ? '"jsonrpc":"2.0",' : '');

const REQUEST_MEMBERS = new Set(['jsonrpc', 'method', 'params', 'id']);

/** Undefined for what conflux-rust answers with a parse error: no object, or an id it cannot hold. */
function readCall(value: JsonValue | undefined): Call | undefined {
  if (!(value instanceof JsonObject) || value.repeated.has('id')) return undefined;
  const { members } = value;
  const given = members.get('id');
  const id = given === undefined ? undefined : idText(given);
  if (given !== undefined && id === undefined) return undefined;
  const jsonrpc = members.get('jsonrpc') ?? null;
  const method = members.get('method');
  const params = members.get('params') ?? null;
  // ethminer's heirs name the worker in a member of its own.
  const mayHaveMore = typeof method === 'string' && reportsHashrate(method);
  const known =
    value.repeated.size === 0 &&
    [...members.keys()].every((name) => REQUEST_MEMBERS.has(name) || (mayHaveMore && name === 'worker'));
  const versionKnown = jsonrpc === null || jsonrpc === '2.0';
  if (!known || !versionKnown || typeof method !== 'string' || !isParams(params)) {
    return { kind: 'invalid', id: id ?? 'null' };
  }
  if (id === undefined) return { kind: 'notification' };
  return { kind: 'call', method, params, replyTo: { id, versioned: jsonrpc !== null } };
}

function isParams(value: JsonValue): value is Params {
  return value === null || value instanceof JsonObject || isList(value);
}
