/** The port that miners connect to: accepts connections, keeps the sessions, and hands each job to all of them at once. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { ConfluxShare, ConfluxWork, Job, ShareJudge } from '#libs/mining';
import { formatHostPort, type HostPort } from '#libs/settings';
import type { GatewayEvents } from '../events.js';
import { KEEPALIVE_DELAY_MS, MAX_CONNECTIONS } from '../limits.js';
import { Session, type ConfluxListenerDialect, type SessionHost } from './session.js';

/** Where a listener gets its jobs. */
export interface JobFeed {
  readonly current: Job<ConfluxWork> | undefined;
  onJob(listener: (job: Job<ConfluxWork>) => void): void;
}

export interface ListenerOptions {
  readonly listen: HostPort;
  readonly secured: boolean;
  readonly dialect: ConfluxListenerDialect;
}

export class StratumListener {
  private readonly sessions = new Set<Session>();
  private readonly miners = new Set<Session>();
  private readonly server: Server;
  private readonly host: SessionHost;
  private full = false;
  private encoded: { readonly job: Job<ConfluxWork>; readonly line: Buffer } | undefined;

  constructor(
    private readonly options: ListenerOptions,
    private readonly feed: JobFeed,
    judge: ShareJudge<ConfluxWork, ConfluxShare>,
    private readonly events: GatewayEvents,
  ) {
    this.host = {
      dialect: options.dialect,
      judge: async (share, session) => {
        const verdict = await judge.judge(share, session);
        events.emit({ type: 'share', worker: share.worker, verdict });
        return verdict;
      },
      onSubscribed: (session) => this.onSubscribed(session),
      onClosed: (session, reason) => this.onClosed(session, reason),
    };
    this.server = createServer({
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_DELAY_MS,
      allowHalfOpen: true,
    });
    this.server.maxConnections = MAX_CONNECTIONS;
    this.server.on('connection', (socket: Socket) => this.sessions.add(new Session(socket, this.host)));
    this.server.on('drop', () => this.onFull());
    feed.onJob((job) => this.broadcast(job));
  }

  get isListening(): boolean {
    return this.server.listening;
  }

  get minerCount(): number {
    return this.miners.size;
  }

  /** The port in use; differs from the configured one when that is 0. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Rejects when the address cannot be taken. */
  async start(): Promise<void> {
    const { host, port } = this.options.listen;
    this.server.listen({ host, port });
    await once(this.server, 'listening');
    const address = formatHostPort({ host, port: this.port });
    this.events.emit({ type: 'listening', address, secured: this.options.secured });
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const session of this.sessions) session.close('the bridge is shutting down');
    await closed;
  }

  private broadcast(job: Job<ConfluxWork>): void {
    const line = this.lineOf(job);
    for (const session of this.miners) session.sendJob(line);
    this.events.emit({ type: 'job', job, miners: this.miners.size });
  }

  private onSubscribed(session: Session): void {
    this.miners.add(session);
    const { current } = this.feed;
    if (current) session.sendJob(this.lineOf(current));
    this.events.emit({ type: 'miner-subscribed', remote: session.remote, worker: session.worker ?? '' });
  }

  /** Said once until a place is free again. */
  private onFull(): void {
    if (!this.full) this.events.emit({ type: 'connections-full', limit: MAX_CONNECTIONS });
    this.full = true;
  }

  private onClosed(session: Session, reason: string): void {
    this.full = false;
    this.sessions.delete(session);
    this.miners.delete(session);
    this.events.emit({ type: 'miner-gone', remote: session.remote, worker: session.worker, reason });
  }

  /** A job is encoded once and sent to everybody as the same bytes. */
  private lineOf(job: Job<ConfluxWork>): Buffer {
    if (this.encoded?.job !== job) {
      this.encoded = { job, line: Buffer.from(this.options.dialect.encodeJob(job)) };
    }
    return this.encoded.line;
  }
}
