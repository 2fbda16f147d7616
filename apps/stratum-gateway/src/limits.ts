/** Bounds that nobody needs to set, with their reasons. Those on what miners and strangers may use: limit-settings.ts. */

/** What a peer gets to read our last line before its connection is cut. */
export const CLOSE_LINGER_MS = 1000;

/**
 * What one connection may read in one turn of the event loop, about a millisecond of work, before others are heard.
 * Without it one that sends as fast as it can held the loop for 1.6 s (p99 of another miner's requests).
 */
export const BYTES_PER_TURN = 8192;

/** What a line costs beside its bytes: an empty one takes as long as one of 200. */
export const LINE_OVERHEAD_BYTES = 200;

/** A request of more bytes than this counts as several: parsing 16 kB takes a millisecond. An honest submit has 300. */
export const BYTES_PER_REQUEST = 512;

/** How often each connection is looked at for deadlines and share targets that changed. */
export const SWEEP_MS = 1000;

/** In so many parts, so that nobody waits for it: of 10,000 connections 500 take about 3 ms. */
export const SWEEP_PARTS = 20;

/**
 * A changed share target waits this long for the next job, which carries it along: a job sent for its own sake makes
 * some miners start their search again at the same nonces.
 */
export const RETARGET_WAIT_MS = 5000;

/** An address may open as many connections at once as in this many seconds: a farm comes back together. */
export const CONNECT_BURST_S = 10;

/** Addresses whose rates are remembered, and at most twice as many: about 5 MB. */
export const KEPT_RATES = 16_384;

/** Connections that the kernel keeps until they are accepted: Linux allows 4096 by default, and a farm comes back at once. */
export const BACKLOG = 4096;

/** Strangers over their rate whose unread bytes are kept, up to 128 kB each; one more is sent away. */
export const MAX_WAITING_STRANGERS = 1024;

/** Intervals between shares that a miner may be silent, whatever LIMIT_IDLE_S says: chance makes 30 once in 10^13. */
export const IDLE_INTERVALS = 30;

/** Share targets of a connection that its shares may still name. */
export const ISSUED_TARGETS = 8;

/** Names that one connection is known by; a miner has one, a proxy one for each rig behind it. */
export const MAX_NAMES = 64;

/** Connections of trusted proxies that have not sent their PROXY header yet, beside all others. */
export const MAX_UNNAMED = 1024;

/** How long the event loop is kept awake for a node's answer to a solution: a healthy one answers within 1 ms. */
export const AWAKE_MS = 2;

/** However many connections are refused or fail, the log has a line of it once in this time. */
export const MENTION_MS = 10_000;

/** Refused connections that get their last line at the same time; further ones are cut without a word. */
export const MAX_FAREWELLS = 256;

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

/** Jobs written before the event loop reads again: about 2 ms. At 10,000 connections all of them take 60 to 80. */
export const JOBS_PER_SLICE = 256;
