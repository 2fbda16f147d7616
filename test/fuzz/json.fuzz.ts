/** Our JSON reader beside JSON.parse: what it accepts has the same value there, and it refuses no more than it says. */
import { isDeepStrictEqual } from 'node:util';
import {
  JsonNumber,
  JsonObject,
  MAX_JSON_DEPTH,
  readJson,
  type JsonValue,
} from '../../libs/stratum/src/json.js';
import { MINER_LINES, SERVER_LINES } from './corpus.js';
import { fuzz } from './fuzzer.js';
import { anyLine } from './lines.js';

function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (value instanceof JsonObject) {
    return Object.fromEntries([...value.members].map(([name, member]) => [name, plain(member)]));
  }
  return Array.isArray(value) ? value.map(plain) : value;
}

function attempt<T>(read: () => T): { readonly value: T } | undefined {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether a text that JSON.parse accepts has something in it that ours refuses: see json.ts. */
function isRefused(text: string): boolean {
  const strings = text.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
  if (strings.some((one) => /\p{Surrogate}/u.test(JSON.parse(one) as string))) return true;
  const rest = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  if ((rest.match(/[-+.\deE]+/g) ?? []).some((one) => !Number.isFinite(Number(one)) && /\d/.test(one)))
    return true;
  let [depth, deepest] = [0, 0];
  for (const char of rest) {
    if (char === '[' || char === '{') deepest = Math.max(deepest, ++depth);
    else if (char === ']' || char === '}') depth--;
  }
  return deepest > MAX_JSON_DEPTH;
}

fuzz('JSON reader', (random) => {
  const line = anyLine(random, random.one([MINER_LINES, SERVER_LINES]));
  const ours = attempt(() => readJson(line));
  const theirs = attempt(() => JSON.parse(line) as unknown);
  if (ours && !theirs) throw new Error(`only ours accepts ${JSON.stringify(line)}`);
  if (ours && theirs && !isDeepStrictEqual(plain(ours.value), theirs.value)) {
    throw new Error(`another value of ${JSON.stringify(line)}`);
  }
  if (!ours && theirs && !isRefused(line)) throw new Error(`ours refuses ${JSON.stringify(line)}`);
});
