/**
 * The JSON-RPC 1.0 envelope of the stratum dialects that descend from Bitcoin's: answers with both `result` and `error`,
 * errors as `[code, text, null]`, one request per line. Read leniently: miners add members of their own (`worker`,
 * `jsonrpc`), and which of them is there decides nothing.
 */
import { isList, JsonObject, type JsonValue } from './json.js';
import { idText, parseLine } from './message.js';

export type StratumRequest =
  | {
      readonly kind: 'request';
      /** As JSON text. */
      readonly id: string;
      readonly method: string;
      /** Empty where the params are no array. */
      readonly params: readonly JsonValue[];
    }
  /** A request without id: not executed, not answered. */
  | { readonly kind: 'notification' }
  | { readonly kind: 'unreadable'; readonly id: string; readonly error: StratumError };

export interface StratumError {
  readonly code: number;
  readonly message: string;
}

/** "Other/Unknown" of the stratum error codes. */
export const OTHER_ERROR = 20;

const failure = (message: string): StratumError => ({ code: OTHER_ERROR, message });
export const METHOD_NOT_FOUND = failure('Method not found');
const PARSE_ERROR = failure('Parse error');
const BATCH = failure('Batches are not supported');
const INVALID_ID = failure('Invalid id');
const INVALID_REQUEST = failure('Invalid request');

/** Reads one line. Never throws. */
export function readRequest(line: string, jsonDepth: number): StratumRequest {
  const value = parseLine(line, jsonDepth);
  if (!(value instanceof JsonObject)) return unreadable(value && isList(value) ? BATCH : PARSE_ERROR);
  const method = value.members.get('method');
  const given = value.members.get('id');
  const id = given === undefined ? undefined : idText(given);
  if (given !== undefined && id === undefined) return unreadable(INVALID_ID);
  if (typeof method !== 'string') return unreadable(INVALID_REQUEST, id);
  if (id === undefined) return { kind: 'notification' };
  const params = value.members.get('params') ?? null;
  return { kind: 'request', id, method, params: isList(params) ? params : [] };
}

function unreadable(error: StratumError, id = 'null'): StratumRequest {
  return { kind: 'unreadable', id, error };
}

/** An answer's body, without terminator. */
export function encodeSuccess(id: string, resultJson: string): string {
  return `{"id":${id},"result":${resultJson},"error":null}`;
}

/** An answer's body, without terminator. `result` is false where success would have been true. */
export function encodeFailure(id: string, error: StratumError, result: null | false = null): string {
  return `{"id":${id},"result":${result},"error":${JSON.stringify([error.code, error.message, null])}}`;
}

/** What the server says unasked: a whole line. `paramsJson` is the array's text. */
export function encodeNotice(method: string, paramsJson: string): string {
  return `{"id":null,"method":"${method}","params":${paramsJson}}\n`;
}
