/** Every kind of hostile traffic by its name. */
import type { Attack } from './attack-run.js';
import * as connections from './connections.js';
import { streamOf } from './line-streams.js';
import * as lines from './lines.js';
import { proxyHeaders } from './proxy-headers.js';
import { secretGuesses } from './secret-guesses.js';
import * as shares from './shares.js';
import * as slow from './slow.js';
import * as tls from './tls.js';
import * as unread from './unread.js';

export const ATTACKS = {
  randomBytes: streamOf(lines.randomBytes),
  garbage: streamOf(lines.garbage),
  mutated: streamOf(lines.mutated),
  nested: streamOf(lines.nested),
  hugeNumbers: streamOf(lines.hugeNumbers),
  hugeBatches: streamOf(lines.hugeBatches),
  longHex: streamOf(lines.longHex),
  probes: streamOf(lines.probes),
  slowLoris: slow.slowLoris,
  drips: slow.drips,
  oversizedLines: slow.oversizedLines,
  slowReaders: unread.slowReaders,
  unreadReplies: unread.unreadReplies,
  connectAndDrop: connections.connectAndDrop,
  halfOpen: connections.halfOpen,
  idleStrangers: connections.idleStrangers,
  idleOnce: connections.idleOnce,
  idleSubscribers: connections.idleSubscribers,
  secretGuesses,
  wrongNonces: shares.wrongNonces,
  unknownJobs: shares.unknownJobs,
  duplicates: shares.duplicates,
  tlsGarbage: tls.tlsGarbage,
  unfinishedHandshakes: tls.unfinishedHandshakes,
  proxyHeaders,
} as const satisfies Record<string, Attack>;

export type AttackKind = keyof typeof ATTACKS;
