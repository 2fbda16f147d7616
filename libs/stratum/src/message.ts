/**
 * What the messages of every dialect have in common: one JSON text per line, the ids that can be echoed, the limits on
 * what a line may hold. What a request and an answer look like is the envelope's business.
 */
import { JsonNumber, MAX_JSON_DEPTH, readJson, type JsonValue } from './json.js';

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

/** One line's JSON value; undefined where it holds none, or one that is nested too deeply. Never throws. */
export function parseLine(line: string, jsonDepth: number): JsonValue | undefined {
  try {
    return readJson(line, jsonDepth);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** An id as JSON text: an unsigned 64-bit integer, a string or null. Undefined for anything else. */
export function idText(id: JsonValue): string | undefined {
  if (id === null) return 'null';
  if (typeof id === 'string') return JSON.stringify(id);
  return id instanceof JsonNumber && id.isInteger && !id.text.startsWith('-') ? id.text : undefined;
}

/** `eth_submitHashrate`, `alph_submitHashrate` and their like: miners send them unasked and take an error amiss. */
export function reportsHashrate(method: string): boolean {
  return /hashrate$/i.test(method);
}

/**
 * A copy of a text read from a line, for whoever keeps it: V8 makes substrings by reference, so a name of ten characters
 * kept for a connection would keep its line of up to 16 KiB.
 */
export function detach(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
