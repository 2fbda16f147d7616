/** Every bound of the gateway, with its reason. */

/** The longest honest line is a submit of about 300 bytes; this leaves room for any worker name. */
export const MAX_LINE_BYTES = 16_384;

/** A connection costs about 10 KiB here; ten thousand rigs are beyond any farm of one owner. */
export const MAX_CONNECTIONS = 10_000;

/**
 * Lines that one connection may have unanswered before its next ones are left unread. The shares of one batch are judged
 * one after the other, so this bounds its hashes in flight, too.
 */
export const MAX_PENDING_ANSWERS = 32;

/** Bytes that may wait for a slow reader; beyond them it is sent the newest job only. A job is about 270 bytes. */
export const MAX_QUEUED_BYTES = 65_536;

/** What a peer gets to read our last line before its connection is cut. */
export const CLOSE_LINGER_MS = 1000;

/** Dead peers are found by TCP keepalive, first probe after this. */
export const KEEPALIVE_DELAY_MS = 30_000;

/** A hash takes 1 to 30 ms, with a light cache that has to be built first up to 2 s; beyond this it is computed here. */
export const REMOTE_HASH_TIMEOUT_MS = 2500;

/** Hashes asked of a pow-worker at a time: enough for any number of its cores, 64 KiB of requests. */
export const REMOTE_CONCURRENCY = 256;

/** A worker without the addon needs about 10 s for a light cache of today's size. */
export const REMOTE_PREPARE_TIMEOUT_MS = 60_000;

/** What a miner waits for the node's answer at most; delivery goes on without it. Miners give up after 10 to 30 s. */
export const MINER_ANSWER_TIMEOUT_MS = 8000;

/** How long an undelivered candidate is retried. A node's restart takes up to half an hour. */
export const DELIVERY_DEADLINE_MS = 3_600_000;

/** Pauses between attempts to deliver: a short break of the link costs little, a long one little work. */
export const DELIVERY_BACKOFF = { firstMs: 250, maxMs: 5000 } as const;

/** Candidates that may be on their way to the node or looked for in the chain at once, each about 1 kB. Beyond it something other than mining goes on. */
export const MAX_DELIVERIES = 10_000;

/** Age of the newest job at which it counts as stale. A healthy node sends one every 10 s at least. */
export const FRESH_JOB_MS = 30_000;

/** How often the choice of the upstream is reconsidered without any message from it. */
export const UPSTREAM_CHECK_MS = 1000;

/** Worker names are cut to this in logs. */
export const LOGGED_NAME_LENGTH = 64;
