/**
 * The JSON-RPC envelope as conflux-rust's server reads and writes it: what is a call, what is an invalid request and
 * what is no JSON at all. Which methods exist is the dialect's business.
 */
import { isList, JsonNumber, JsonObject, MAX_JSON_DEPTH, readJson, type JsonValue } from './json.js';

/** What one line may hold. */
export interface MessageLimits {
  /** Arrays and objects inside each other. */
  readonly jsonDepth: number;
  /** Requests in one batch. */
  readonly batch: number;
  /** Characters (UTF-16 units) of a worker's name. */
  readonly workerName: number;
}

export const DEFAULT_MESSAGE_LIMITS: MessageLimits = {
  jsonDepth: MAX_JSON_DEPTH,
  batch: 32,
  workerName: 256,
};

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

/** Reads one line. Never throws. */
export function readMessage(line: string, limits: MessageLimits): Message {
  try {
    const value = readJson(line, limits.jsonDepth);
    if (value instanceof JsonObject) return { kind: 'calls', calls: [readCall(value)], batch: false };
    if (isList(value) && value.length > limits.batch) return { kind: 'batch-too-long' };
    if (isList(value)) return { kind: 'calls', calls: value.map(readCall), batch: true };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { kind: 'parse-error' };
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

/** Throws SyntaxError for what conflux-rust answers with a parse error: no object, or an id it cannot hold. */
function readCall(value: JsonValue): Call {
  if (!(value instanceof JsonObject) || value.repeated.has('id')) throw new SyntaxError('not a request');
  const { members } = value;
  const id = members.has('id') ? readId(members.get('id') ?? null) : undefined;
  const jsonrpc = members.get('jsonrpc') ?? null;
  const method = members.get('method');
  const params = members.get('params') ?? null;
  const known = value.repeated.size === 0 && [...members.keys()].every((name) => REQUEST_MEMBERS.has(name));
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

function readId(id: JsonValue): string {
  if (id === null) return 'null';
  if (typeof id === 'string') return JSON.stringify(id);
  if (id instanceof JsonNumber && id.isInteger && !id.text.startsWith('-')) return id.text;
  throw new SyntaxError('an id is an unsigned 64-bit integer, a string or null');
}
