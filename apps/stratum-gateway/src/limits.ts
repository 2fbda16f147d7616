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

/** A share has its verdict within this, whatever happens to a pow-worker: the sum of the two below. */
export const VERDICT_BUDGET_MS = 250;

/** Pow-workers may use this much of it: two full waits. */
export const REMOTE_BUDGET_MS = 160;

/** Left for a hash in this process with a warm light cache: 1 to 30 ms, and the shares of a lost worker come at once. */
export const LOCAL_RESERVE_MS = 90;

/** One wait for a pow-worker. Its hash takes some milliseconds; a full worker (32 hashes a thread) about 50. */
export const REMOTE_HASH_TIMEOUT_MS = 80;

/** A shorter wait than this would be unfair to the worker: the hash is made in this process instead. */
export const MIN_REMOTE_WAIT_MS = 20;

/** A worker hears that it has this much less, so that its "late" arrives before silence would be assumed. */
export const REMOTE_ANSWER_MARGIN_MS = 20;

/** A worker that has answered somebody within this is slow, not gone. */
export const SIGN_OF_LIFE_MS = 40;

/** A worker without the addon needs about 10 s for a light cache of today's size. */
export const REMOTE_PREPARE_TIMEOUT_MS = 60_000;

/** Hashes asked of one pow-worker at a time, at most: more than its round trip needs on 50 cores. A slow one gets fewer. */
export const WORKER_IN_FLIGHT = 64;

/** Hashes asked of a NATS queue group at a time, whose members we do not know: four workers' worth. */
export const GROUP_IN_FLIGHT = 256;

/** Hashes that a group whose member was silent has to answer, all of them, before it is used again: of four members a silent one stays hidden in one round of ten. */
export const GROUP_PROBES = 8;

/** How often a worker that answers is asked for a hash unasked, so that the operator and not a share finds it gone. */
export const WORKER_CHECK_MS = 2000;

/** Pauses between two looks at a worker that does not answer. */
export const WORKER_BACKOFF = { firstMs: 250, maxMs: 5000 } as const;

/** Each of them is a connection and a hash every two seconds. */
export const MAX_WORKERS = 64;

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
