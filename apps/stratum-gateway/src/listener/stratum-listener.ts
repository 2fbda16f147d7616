/** A port that miners connect to: accepts connections, keeps the sessions, and hands each job to all of them at once. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import {
  difficultyNumber,
  RecentMap,
  type ConfluxShare,
  type ConfluxWork,
  type JobRegistry,
  type Judgement,
  type ShareJudge,
  type VardiffOptions,
  type Verdict,
} from '#libs/mining';
import type { FanOut } from '#libs/fan-out';
import { formatHostPort, type HostPort } from '#libs/settings';
import type { GatewayEvents } from '../events.js';
import { BACKLOG, KEEPALIVE_DELAY_MS, MAX_FAREWELLS, MAX_UNNAMED, SWEEP_MS, SWEEP_PARTS } from '../limits.js';
import type { Limits } from '../limit-settings.js';
import { Broadcast } from './broadcast.js';
import { Extranonces } from './extranonces.js';
import { Farewells } from './farewells.js';
import type { Gatekeeper, Visit } from './gatekeeper.js';
import { JobLines, type JobLine } from './job-lines.js';
import { JobSender } from './job-sender.js';
import { Preamble, type Client, type PreambleOptions } from './preamble.js';
import { Session } from './session.js';
import type { ListenerDialect, Peer, SessionHost } from './session-host.js';
import { ShareTarget } from './share-target.js';
import { steadyNow } from '../clock.js';

/** Where a listener gets its work. */
export interface WorkFeed {
  readonly jobs: Pick<JobRegistry<ConfluxWork>, 'current' | 'jobFor'>;
  onWork(listener: (work: ConfluxWork) => void): void;
}

export interface ListenerOptions {
  readonly listen: HostPort;
  readonly secured: boolean;
  readonly dialect: ListenerDialect;
  readonly limits: Limits;
  /** Undefined: the network's boundary is passed through. */
  readonly shares: VardiffOptions | undefined;
  readonly preamble: PreambleOptions;
  /** Undefined: jobs leave through the streams, one connection after the other. */
  readonly fanOut: FanOut | undefined;
}

export class StratumListener {
  private readonly visits = new Map<Session, Visit>();
  private readonly miners = new Broadcast<Session>();
  private readonly extranonces: Extranonces;
  /** Of workers that were here: a rig that comes back need not be measured again. */
  private readonly hashrates: RecentMap<string, number>;
  private readonly lines: JobLines;
  private readonly sender: JobSender;
  private readonly preamble: Preamble<Visit>;
  private readonly server: Server;
  private readonly host: SessionHost;
  private sweeping: NodeJS.Timeout | undefined;
  private swept = this.visits.keys();
  private lastId = 0;
  private readonly farewells: Farewells;

  constructor(
    private readonly options: ListenerOptions,
    private readonly feed: WorkFeed,
    private readonly judge: ShareJudge<ConfluxWork, ConfluxShare>,
    private readonly gate: Gatekeeper,
    private readonly events: GatewayEvents,
  ) {
    this.extranonces = new Extranonces(options.dialect.extranonceBytes);
    this.hashrates = new RecentMap(options.limits.keptWorkers);
    this.lines = new JobLines(options.dialect, feed.jobs);
    this.sender = new JobSender(options.fanOut);
    this.farewells = new Farewells((reason) => options.dialect.encodeFarewell(reason));
    this.host = {
      dialect: options.dialect,
      limits: options.limits,
      judge: (share, session) => this.onShare(share, session),
      onSubscribed: (session) => this.onSubscribed(session),
      onAuthorized: (session, worker) => this.onAuthorized(session, worker),
      onOffence: (session, offence) => this.visits.get(session)?.offended(offence),
      onClosed: (session, reason) => this.onClosed(session, reason),
    };
    this.preamble = new Preamble<Visit>(options.preamble, {
      admit: (client, socket) => this.admit(client, socket),
      onReady: (stream, { address, port }, visit) => this.open({ stream, address, port }, visit),
      onSilent: (socket, _client, visit) => {
        visit.leave();
        this.farewells.turnAway(socket, `nothing heard for ${options.limits.preambleS} s`);
      },
      onFailed: (reason, { address }, visit) => {
        visit?.leave();
        gate.failed(address, reason);
      },
    });
    this.server = createServer({
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_DELAY_MS,
      allowHalfOpen: true,
    });
    // Behind the gate's own limit: connections through proxies that have not named their miners yet.
    this.server.maxConnections = options.limits.connections + 2 * MAX_FAREWELLS + MAX_UNNAMED;
    this.server.on('connection', (socket: Socket) => this.onConnection(socket));
    feed.onWork((work) => this.broadcast(work));
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
    this.server.listen({ host, port, backlog: BACKLOG });
    await once(this.server, 'listening');
    this.sweeping = setInterval(() => this.sweep(), SWEEP_MS / SWEEP_PARTS);
    const address = formatHostPort({ host, port: this.port });
    this.events.emit({ type: 'listening', address, secured: this.options.secured });
  }

  async stop(): Promise<void> {
    clearInterval(this.sweeping);
    this.miners.stop();
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.preamble.close();
    for (const session of this.visits.keys()) session.close('the bridge is shutting down');
    await closed;
  }

  /** Only who speaks TLS or through a proxy may have something to say before the first line. */
  private onConnection(socket: Socket): void {
    const { handshakes, trusted } = this.options.preamble;
    const client = { address: socket.remoteAddress ?? '?', port: socket.remotePort ?? 0 };
    if (handshakes || trusted.has(client.address)) {
      this.preamble.accept(socket);
      return;
    }
    const visit = this.admit(client, socket);
    if (visit) this.open({ stream: socket, ...client }, visit);
  }

  private admit({ address }: Client, socket: Socket): Visit | undefined {
    const now = steadyNow();
    if (!this.gate.mayKnock(address, now)) {
      socket.on('error', () => undefined).destroy();
      return undefined;
    }
    const visit = this.gate.arrive(address, now);
    if ('refused' in visit) {
      this.farewells.turnAway(socket, visit.refused);
      return undefined;
    }
    visit.dismiss = (reason) => this.farewells.turnAway(socket, reason);
    return visit;
  }

  private open(peer: Peer, visit: Visit): void {
    if (visit.hasLeft) return;
    const extranonce = this.extranonces.lease();
    if (extranonce === undefined) {
      visit.leave();
      this.farewells.turnAway(peer.stream, 'every extranonce is in use');
      return;
    }
    const session = new Session(
      peer,
      {
        id: ++this.lastId,
        extranonce,
        target: new ShareTarget(this.options.shares, steadyNow()),
        spend: (requests, now) => visit.spend(requests, now),
        mayWait: (waits) => visit.mayWait(waits),
      },
      this.host,
    );
    visit.dismiss = (reason) => this.farewells.dismiss(session, reason);
    this.visits.set(session, visit);
  }

  private broadcast(work: ConfluxWork): void {
    this.miners.send((sessions) => this.sender.send(sessions, (session) => this.lineFor(session, work)));
    this.events.emit({ type: 'job', work, miners: this.miners.size });
  }

  private send(session: Session, work: ConfluxWork): void {
    session.sendJob(this.lineFor(session, work));
  }

  private lineFor({ grant }: Session, work: ConfluxWork): JobLine {
    return this.lines.of(work, grant.target.for(work.networkTarget));
  }

  private onSubscribed(session: Session): void {
    if (this.miners.has(session)) return;
    this.miners.add(session);
    const { current } = this.feed.jobs;
    if (current) this.send(session, current);
  }

  private onAuthorized(session: Session, worker: string): void {
    const visit = this.visits.get(session);
    // Whoever knows the password is no stranger.
    if (this.options.secured) visit?.establish();
    else visit?.subscribed();
    const hashrate = this.hashrates.get(worker);
    if (hashrate !== undefined) session.grant.target.resume(hashrate, steadyNow());
    this.events.emit({ type: 'worker', session: session.grant.id, remote: session.remote, worker });
  }

  private async onShare(share: ConfluxShare, session: Session): Promise<Verdict> {
    const { id, target } = session.grant;
    const judgement = await this.judge.judge(share, {
      by: session.submitter,
      issued: target,
      // The clock by which works are received.
      now: Date.now(),
    });
    this.events.emit({ type: 'share', session: id, worker: share.worker, judgement });
    // The answer goes first.
    setImmediate(() => this.learn(judgement, session));
    return judgement.verdict;
  }

  /** What a judged share says about its miner. */
  private learn({ verdict, job, before }: Judgement<ConfluxWork>, session: Session): void {
    const visit = this.visits.get(session);
    if (verdict.kind === 'invalid') visit?.offended('invalid-share');
    if (verdict.kind === 'accepted' && job) {
      visit?.acceptedShare();
      const { current = job.work } = this.feed.jobs;
      const { target } = session.grant;
      const flood = target.onShare(difficultyNumber(job.target), steadyNow(), current.networkTarget);
      if (flood && this.miners.has(session)) this.send(session, current);
    }
    const twin = before as Session['submitter'] | undefined;
    if (twin?.isOpen && twin !== session.submitter) {
      this.events.emit({ type: 'same-hash', miners: [twin.name, session.submitter.name] });
    }
  }

  /** A part of the sessions each time: at 10,000 connections all at once took 60 ms. */
  private sweep(): void {
    const now = steadyNow();
    const { current } = this.feed.jobs;
    // An iterator that is kept and not moved on keeps all that was ever in the map.
    if (this.visits.size === 0) this.swept = this.visits.keys();
    for (let left = Math.ceil(this.visits.size / SWEEP_PARTS); left > 0; left--) {
      const { value: session, done } = this.swept.next();
      if (done) {
        this.swept = this.visits.keys();
        return;
      }
      session.enforceDeadlines(now);
      const due = current && session.grant.target.tick(now, current.networkTarget);
      if (due && this.miners.has(session)) this.send(session, current);
    }
  }

  private onClosed(session: Session, reason: string): void {
    const visit = this.visits.get(session);
    if (!visit) return;
    visit.leave();
    this.farewells.hasGone(session);
    this.visits.delete(session);
    this.miners.delete(session);
    this.extranonces.giveBack(session.grant.extranonce);
    const { remote, worker, grant } = session;
    const { hashrate } = grant.target;
    if (worker !== undefined && hashrate !== undefined) this.hashrates.set(worker, hashrate);
    this.events.emit({ type: 'miner-gone', session: grant.id, remote, worker, reason });
  }
}
