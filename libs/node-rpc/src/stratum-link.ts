/**
 * One connection to a stratum server that is kept up for ever: it connects, subscribes, hands out jobs, submits, notices
 * silence, and comes back after every failure. Used by the bridge towards its node and by the CPU miner towards the bridge.
 */
import { connect, type Socket } from 'node:net';
import { Subject } from 'rxjs';
import { LineFramer, StratumClientSession, type NotifiedJob } from '#libs/stratum';
import { Backoff, DEFAULT_BACKOFF, type BackoffOptions } from './backoff.js';

export interface LinkOptions {
  readonly host: string;
  readonly port: number;
  readonly worker: string;
  readonly password: string;
  readonly connectTimeoutMs?: number;
  /** Silence after which `silent` is reported. A healthy node sends a job every 10 s at least. */
  readonly warnAfterMs?: number;
  /** Silence after which the connection is made anew. */
  readonly reconnectAfterMs?: number;
  readonly submitTimeoutMs?: number;
  readonly backoff?: BackoffOptions;
  /** Called whenever something was received: for an acknowledgement sooner than the kernel's own. */
  readonly acknowledge?: (socket: Socket) => void;
}

const DEFAULTS = {
  connectTimeoutMs: 5000,
  warnAfterMs: 30_000,
  reconnectAfterMs: 60_000,
  /** The node's PoW thread may be seconds behind when others load it (up to 8.4 s measured). */
  submitTimeoutMs: 15_000,
  backoff: DEFAULT_BACKOFF,
};

/** Looks for submits without an answer within the time that they have: it may be a tenth longer. */
const EXPIRY_LOOKS = 10;

/** A server's longest line is a refusal that echoes a worker name of ours; this is far beyond it. */
const MAX_LINE_BYTES = 65_536;

/** `up` and `down` come once per change: while a server cannot be reached, the first failure is reported only. */
export type LinkEvent =
  | { readonly kind: 'up' }
  /** `silence`: the link itself gave the connection up, because no job came. */
  | { readonly kind: 'down'; readonly reason: string; readonly silence: boolean }
  | { readonly kind: 'silent'; readonly forMs: number }
  | { readonly kind: 'unreadable'; readonly line: string }
  | { readonly kind: 'job'; readonly job: NotifiedJob };

export type SubmitAnswer =
  | { readonly kind: 'answered'; readonly accepted: boolean; readonly reason?: string }
  /** No answer: the link was down, broke, or stayed silent. The server may have taken the nonce or not. */
  | { readonly kind: 'lost'; readonly reason: string };

interface WaitingSubmit {
  readonly settle: (answer: SubmitAnswer) => void;
  /** By `performance.now()`. */
  readonly deadline: number;
}

interface Connection {
  readonly socket: Socket;
  readonly session: StratumClientSession;
  /** In the order of their deadlines. */
  readonly waiting: Map<number, WaitingSubmit>;
  subscribed: boolean;
}

export class StratumLink {
  /** Never errors, never completes. */
  readonly events$ = new Subject<LinkEvent>();
  private readonly options: LinkOptions & typeof DEFAULTS;
  private readonly backoff: Backoff;
  private connection: Connection | undefined;
  private retry: NodeJS.Timeout | undefined;
  private warn: NodeJS.Timeout | undefined;
  private renew: NodeJS.Timeout | undefined;
  private expiry: NodeJS.Timeout | undefined;
  private stopped = true;
  private reportedDown = false;

  constructor(options: LinkOptions) {
    this.options = { ...DEFAULTS, ...options };
    this.backoff = new Backoff(this.options.backoff);
  }

  get isUp(): boolean {
    return this.connection?.subscribed === true;
  }

  start(): void {
    this.stopped = false;
    this.expiry = setInterval(() => this.expireSubmits(), this.options.submitTimeoutMs / EXPIRY_LOOKS);
    this.open();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    clearInterval(this.expiry);
    this.connection?.socket.destroy();
    this.lose('stopped');
  }

  submit(headerHash: string, jobId: string, nonce: bigint): Promise<SubmitAnswer> {
    const connection = this.connection;
    if (!connection?.subscribed) return Promise.resolve({ kind: 'lost', reason: 'not connected' });
    const { line, request } = connection.session.submit(headerHash, jobId, nonce);
    return new Promise((settle) => {
      const deadline = performance.now() + this.options.submitTimeoutMs;
      connection.waiting.set(request, { settle, deadline });
      connection.socket.write(line);
    });
  }

  private settle({ waiting }: Connection, request: number, answer: SubmitAnswer): void {
    const submit = waiting.get(request);
    waiting.delete(request);
    submit?.settle(answer);
  }

  /** Looks at all now and then: a timer for each submit would be set and cleared on the way of its answer. */
  private expireSubmits(): void {
    const { connection } = this;
    if (!connection) return;
    const now = performance.now();
    for (const [request, { deadline }] of connection.waiting) {
      if (deadline > now) return;
      this.settle(connection, request, { kind: 'lost', reason: 'no answer' });
    }
  }

  private open(): void {
    const { host, port, worker, password, connectTimeoutMs, acknowledge } = this.options;
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    const session = new StratumClientSession(worker, password);
    const connection: Connection = { socket, session, waiting: new Map(), subscribed: false };
    this.connection = connection;
    const framer = new LineFramer(MAX_LINE_BYTES);
    let reason = 'closed by the other side';
    socket.setTimeout(connectTimeoutMs, () => socket.destroy(new Error('no answer to connect')));
    socket.on('connect', () => {
      socket.setTimeout(0);
      socket.write(session.subscribe());
      this.watch(connection);
    });
    socket.on('data', (chunk) => {
      this.read(connection, framer, chunk);
      // What follows from it goes first.
      if (acknowledge) setImmediate(() => acknowledge(socket));
    });
    socket.on('error', (error) => (reason = error.message));
    socket.on('close', () => {
      if (this.connection === connection) this.lose(reason);
    });
  }

  private read(connection: Connection, framer: LineFramer, chunk: Buffer): void {
    framer.push(chunk);
    for (let line = framer.next(); line; line = framer.next()) {
      if (line.kind !== 'line') {
        connection.socket.destroy(new Error(`the other side sent a line that is ${line.kind}`));
        return;
      }
      this.onLine(connection, line.text);
    }
  }

  private onLine(connection: Connection, line: string): void {
    const event = connection.session.onLine(line);
    switch (event.kind) {
      case 'job':
        // Not sooner: a server that grants and closes at once is to be asked less and less often.
        this.backoff.reset();
        this.events$.next(event);
        if (this.connection === connection) this.watch(connection);
        break;
      case 'subscribed':
        this.onSubscribed(connection, event.granted);
        break;
      case 'submitted': {
        const { request, accepted, reason } = event;
        this.settle(connection, request, {
          kind: 'answered',
          accepted,
          ...(reason !== undefined && { reason }),
        });
        break;
      }
      case 'unreadable':
        this.events$.next(event);
    }
  }

  private onSubscribed(connection: Connection, granted: boolean): void {
    if (!granted) {
      connection.socket.destroy(new Error('the password was refused'));
      return;
    }
    if (connection.subscribed) return;
    connection.subscribed = true;
    this.reportedDown = false;
    this.events$.next({ kind: 'up' });
  }

  /** Restarts the watch for silence; a job or a fresh connection is a sign of life. */
  private watch(connection: Connection): void {
    const { warnAfterMs, reconnectAfterMs } = this.options;
    this.unwatch();
    this.warn = setTimeout(() => this.events$.next({ kind: 'silent', forMs: warnAfterMs }), warnAfterMs);
    this.renew = setTimeout(() => {
      connection.socket.destroy();
      this.lose(`no job for ${reconnectAfterMs / 1000} s`, true);
    }, reconnectAfterMs);
  }

  private unwatch(): void {
    clearTimeout(this.warn);
    clearTimeout(this.renew);
  }

  private lose(reason: string, silence = false): void {
    const connection = this.connection;
    if (!connection) return;
    this.connection = undefined;
    this.unwatch();
    for (const request of [...connection.waiting.keys()])
      this.settle(connection, request, { kind: 'lost', reason });
    if (this.stopped) return;
    if (!this.reportedDown) this.events$.next({ kind: 'down', reason, silence });
    // A silent server was there: that it is gone is news.
    this.reportedDown = !silence;
    this.retry = setTimeout(() => this.open(), this.backoff.nextMs());
  }
}
