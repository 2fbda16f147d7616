/** The table that turns events into log lines. */
import type { Logger } from '#libs/telemetry';
import { difficultyOfTarget } from '#libs/mining';
import type { ConfluxCandidate, GatewayEvent, GatewayEvents } from './events.js';
import { LOGGED_NAME_LENGTH } from './limits.js';

type Level = 'debug' | 'info' | 'warn' | 'error';
type Line = readonly [level: Level, text: string, data?: object];
type EventOf<T extends GatewayEvent['type']> = Extract<GatewayEvent, { type: T }>;

export function logEvents(events: GatewayEvents, logger: Logger): void {
  events.stream$.subscribe((event) => {
    if (DEBUG.has(event.type) && !logger.isLevelEnabled('debug')) return;
    const [level, text, data] = lineOf(event);
    logger[level]({ event: event.type, ...data }, text);
  });
}

/** Too many to word them for nobody. */
const DEBUG: ReadonlySet<GatewayEvent['type']> = new Set(['job', 'share', 'same-hash']);

const LINES: { readonly [T in GatewayEvent['type']]: (event: EventOf<T>) => Line } = {
  listening: ({ address, secured }) => [
    'info',
    `miners connect to ${address}${secured ? ' with the password' : ' without a password'}`,
  ],
  job: ({ work, miners }) => [
    'debug',
    `job ${short(work.headerHash)} at height ${work.height} to ${miners} miners`,
    {
      height: work.height,
      difficulty: String(difficultyOfTarget(work.networkTarget)),
      source: work.source,
    },
  ],
  source: ({ source, notice }) => [notice.level, `node ${source}: ${notice.text}`],
  'upstream-switched': ({ to }) => ['info', `mining on node ${to}`],
  evaluator: ({ level, text }) => [level, text],
  worker: ({ remote, worker }) => ['info', `miner ${printable(worker)} connected from ${remote}`],
  'miner-gone': ({ remote, worker, reason }) => [
    worker === undefined ? 'debug' : 'info',
    `miner ${printable(worker ?? '(not subscribed)')} at ${remote} disconnected: ${reason}`,
  ],
  gate: ({ level, text }) => [level, text],
  share: ({ worker, judgement: { verdict } }) => ['debug', `share of ${printable(worker)}: ${verdict.kind}`],
  'same-hash': ({ miners: [first, second] }) => [
    'debug',
    `${printable(first)} and ${printable(second)} tried the same nonce`,
  ],
  'identical-work': ({ miners: [first, second] }) => [
    'warn',
    `${printable(first)} and ${printable(second)} try the same nonces: one of them works for nothing; give them ` +
      'different start nonces, or the EthereumStratum port, where each has nonces of its own',
  ],
  'block-found': ({ candidate }) => ['info', `solution found by ${of(candidate)}`, facts(candidate)],
  'block-taken': ({ candidate }) => [
    'info',
    `the node took the solution of ${of(candidate)}`,
    facts(candidate),
  ],
  'block-waiting': ({ candidate, reason }) => [
    'warn',
    `the solution of ${of(candidate)} is not delivered yet (${reason}), trying again`,
    facts(candidate),
  ],
  'block-refused': ({ candidate, reason }) => [
    'warn',
    `the node refused the solution of ${of(candidate)}: ${reason}`,
    facts(candidate),
  ],
  'block-undelivered': ({ candidate, reason }) => [
    'error',
    `the solution of ${of(candidate)} was not delivered: ${reason}`,
    facts(candidate),
  ],
  'block-located': ({ candidate, location }) => [
    'info',
    `BLOCK ${location.hash} epoch ${location.epoch} height ${location.height}${location.pivot ? '' : ' (off pivot)'} ` +
      `worker ${printable(candidate.share.worker)} nonce ${hexNonce(candidate)}`,
    { ...facts(candidate), ...location },
  ],
  'block-missing': ({ candidate }) => [
    'warn',
    `the node took the solution of ${of(candidate)}, but its block was not found in the chain`,
    facts(candidate),
  ],
};

function lineOf<T extends GatewayEvent['type']>(event: EventOf<T>): Line {
  return (LINES[event.type] as (event: EventOf<T>) => Line)(event);
}

const short = (hash: string): string => hash.slice(0, 10);
const hexNonce = ({ share }: ConfluxCandidate): string => `0x${share.nonce.toString(16)}`;
const of = ({ work, share }: ConfluxCandidate): string =>
  `${printable(share.worker)} for height ${work.height}`;

function facts(candidate: ConfluxCandidate): object {
  const { work, share } = candidate;
  return {
    headerHash: work.headerHash,
    height: work.height,
    nonce: hexNonce(candidate),
    worker: printable(share.worker),
    source: work.source,
  };
}

/** A name that a miner chose, safe to print: no control characters, bounded. */
function printable(name: string): string {
  const clean = name.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
  return clean.length > LOGGED_NAME_LENGTH ? `${clean.slice(0, LOGGED_NAME_LENGTH)}…` : clean;
}
