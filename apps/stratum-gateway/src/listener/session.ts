/**
 * One miner's connection: its socket, its protocol state, and the order of its answers. It knows no node and no other
 * session. Answers leave in the order of the requests; jobs go in between as they come.
 */
import type { Socket } from 'node:net';
import type { ConfluxShare, ConfluxWork, Dialect, Effect, Verdict } from '#libs/mining';
import { LineFramer } from '#libs/stratum';
import type { Limits } from '../limit-settings.js';
import {
  BYTES_PER_REQUEST,
  BYTES_PER_TURN,
  CLOSE_LINGER_MS,
  LINE_OVERHEAD_BYTES,
  MAX_NAMES,
} from '../limits.js';
import type { JobLine } from './job-lines.js';
import type { ShareTarget } from './share-target.js';
import { steadyNow } from '../clock.js';

/** State and requests are the dialect's own business. */
export type ListenerDialect = Dialect<ConfluxWork, ConfluxShare, unknown, unknown>;

type Answer = Extract<Effect<ConfluxShare, unknown>, { kind: 'answer' }>;

/** Who is at the other end, after TLS and PROXY headers. */
export interface Peer {
  readonly stream: Socket;
  readonly address: string;
  readonly port: number;
}

/** What the gate grants a connection. */
export interface Grant {
  readonly id: number;
  readonly extranonce: number;
  readonly target: ShareTarget;
  /** Spends what that many requests cost, and says for how many milliseconds no more may be read. */
  spend(requests: number, now: number): number;
  /** Said when the connection begins and ends to wait. False: too many wait, this one has to go. */
  mayWait(waits: boolean): boolean;
}

/** What a session needs from the rest of the gateway. */
export interface SessionHost {
  readonly dialect: ListenerDialect;
  readonly limits: Limits;
  judge(share: ConfluxShare, session: Session): Promise<Verdict>;
  /** The session may have jobs from now on: the host sends the current one, and later ones. */
  onSubscribed(session: Session): void;
  onAuthorized(session: Session, worker: string): void;
  onOffence(session: Session, offence: 'wrong-secret' | 'oversize-line'): void;
  onClosed(session: Session, reason: string): void;
}

/** A line of answers that waits for its turn; `text` is missing while shares in it are judged. */
interface Slot {
  text: string | undefined;
  /** What happens once it is written. */
  readonly then: (() => void) | undefined;
}

/** Who spent a hash, as it is remembered beside the share: long after the session. */
export interface Submitter {
  name: string;
  isOpen: boolean;
}

export class Session {
  readonly remote: string;
  /** The one authorized last; undefined until then. */
  worker: string | undefined;
  readonly submitter: Submitter;
  readonly openedAt: number;
  /** Since when it should have subscribed: it may wait for a first job before it authorizes. */
  private deadlineFrom: number;
  private isSubscribed = false;
  private namesTold = 0;
  private lastLineAt: number;
  /** Since when bytes have been waiting for the miner to read. */
  private behindSince: number | undefined;
  private readonly framer: LineFramer;
  private readonly slots: Slot[] = [];
  private state: unknown;
  private ended = false;
  private refused = false;
  private finished = false;
  private reason = 'closed by the miner';
  /** The one sent or held last: nobody gets the same twice. */
  private lastJob: JobLine | undefined;
  /** The newest job that a slow reader has not been sent. */
  private heldJob: JobLine | undefined;
  /** Bytes of lines that were taken since the event loop last came round, and what resets them. */
  private readInTurn = 0;
  private turn: NodeJS.Immediate | undefined;
  /** Runs while the session waits for requests to be granted, and after the end for the peer to read our last line. */
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly peer: Peer,
    readonly grant: Grant,
    private readonly host: SessionHost,
  ) {
    const { stream } = peer;
    this.remote = `${peer.address}:${peer.port}`;
    this.submitter = { name: this.remote, isOpen: true };
    this.openedAt = steadyNow();
    this.lastLineAt = this.openedAt;
    this.deadlineFrom = this.openedAt;
    this.framer = new LineFramer(host.limits.lineBytes);
    this.state = host.dialect.open(grant.extranonce);
    stream.on('data', (chunk) => {
      if (this.finished) return;
      this.framer.push(chunk);
      this.readLines();
    });
    stream.on('drain', () => this.onDrain());
    stream.on('end', () => {
      this.ended = true;
      // What was read before the end is still to be heard; the last line of it ends the connection.
      this.readLines();
    });
    stream.on('error', (error) => (this.reason = error.message));
    stream.on('close', () => {
      this.hearLastLines();
      this.finished = true;
      this.submitter.isOpen = false;
      clearTimeout(this.timer);
      clearImmediate(this.turn);
      host.onClosed(this, this.reason);
    });
  }

  /** Sends a job, or holds it back if the miner does not read; of held jobs only the newest is kept. */
  sendJob(line: JobLine): void {
    if (this.finished || line === this.lastJob) return;
    if (!this.lastJob) this.deadlineFrom = steadyNow();
    this.lastJob = line;
    if (this.heldJob || this.peer.stream.writableLength > this.host.limits.queuedBytes) this.heldJob = line;
    else this.writeJob(line);
  }

  private writeJob({ bytes, job }: JobLine): void {
    const { stream } = this.peer;
    const { target } = job;
    if (this.grant.target.isNews(target)) {
      const news = this.host.dialect.encodeTarget(target);
      if (news !== '') stream.write(news);
    }
    this.grant.target.onIssued(job);
    stream.write(bytes);
  }

  /** Sends what is queued, discards what still comes (else the peer may lose our last line to a reset), and ends. */
  close(reason: string): void {
    if (this.finished) return;
    this.hearLastLines();
    this.reason = reason;
    this.finished = true;
    clearTimeout(this.timer);
    const { stream } = this.peer;
    stream.end();
    stream.resume();
    this.timer = setTimeout(() => stream.destroy(), CLOSE_LINGER_MS);
  }

  /** Tells the miner why, then closes. */
  dismiss(reason: string): void {
    if (this.finished) return;
    this.write(this.host.dialect.encodeFarewell(reason));
    this.close(reason);
  }

  /** Closes a session that has let a deadline pass. */
  enforceDeadlines(now: number): void {
    const { subscribeS, idleS, slowReaderS } = this.host.limits;
    const { patienceMs } = this.grant.target;
    if (this.peer.stream.writableLength === 0) this.behindSince = undefined;
    else this.behindSince ??= now;
    const waitsForJob = this.isSubscribed && !this.lastJob;
    if (this.behindSince !== undefined && now - this.behindSince >= slowReaderS * 1000) {
      this.close(`left bytes unread for ${slowReaderS} s`);
      this.peer.stream.destroy();
    } else if (this.worker === undefined && !waitsForJob && now - this.deadlineFrom >= subscribeS * 1000) {
      this.dismiss(`not subscribed within ${subscribeS} s`);
    } else if (patienceMs !== undefined && now - this.lastLineAt >= Math.max(idleS * 1000, patienceMs)) {
      this.dismiss(`nothing heard for ${Math.round((now - this.lastLineAt) / 1000)} s`);
    }
  }

  /** Takes lines while the miner reads its answers, has not too many of them outstanding, and keeps to its rate. */
  private readLines(): void {
    if (this.refused) return;
    const { stream } = this.peer;
    const mayRead = (): boolean =>
      !this.finished &&
      !this.isThrottled &&
      this.readInTurn < BYTES_PER_TURN &&
      this.slots.length < this.host.limits.sharesInFlight &&
      !stream.writableNeedDrain;
    while (mayRead()) {
      const line = this.framer.next();
      if (!line) {
        stream.resume();
        this.finishIfIdle();
        return;
      }
      if (line.kind === 'oversize') {
        this.refuseStream();
        return;
      }
      if (line.kind === 'not-utf8') {
        this.close('sent a line that is not UTF-8');
        return;
      }
      this.onLine(line.text);
    }
    if (!this.finished) stream.pause();
  }

  /**
   * A block may be among the lines that waited for their turn when the connection ended. They are heard without regard
   * to rates, as many as could be in flight; nobody is there for the answers.
   */
  private hearLastLines(): void {
    if (this.finished || this.refused) return;
    this.finished = true;
    const unread = this.peer.stream.read() as Buffer | null;
    if (unread) this.framer.push(unread);
    for (let lines = 0; lines < this.host.limits.sharesInFlight; lines++) {
      const line = this.framer.next();
      if (line?.kind !== 'line') return;
      const { state, effects } = this.host.dialect.onMessage(this.state, line.text);
      this.state = state;
      for (const effect of effects) if (effect.kind === 'answer') this.enqueueAnswer(effect);
    }
  }

  private get isThrottled(): boolean {
    return this.timer !== undefined;
  }

  private onLine(text: string): void {
    this.lastLineAt = steadyNow();
    this.readInTurn += LINE_OVERHEAD_BYTES + text.length;
    this.turn ??= setImmediate(() => this.beginTurn());
    const { state, effects } = this.host.dialect.onMessage(this.state, text);
    this.state = state;
    let requests = Math.ceil(text.length / BYTES_PER_REQUEST) || 1;
    for (const effect of effects) {
      switch (effect.kind) {
        case 'answer':
          requests = Math.max(requests, effect.parts.length);
          this.enqueueAnswer(effect);
          break;
        case 'authorize':
          this.enqueue('', () => this.authorized(effect.worker));
          break;
        case 'subscribe':
          this.enqueue('', () => this.subscribed());
          break;
        case 'wrong-secret':
          this.host.onOffence(this, 'wrong-secret');
      }
    }
    this.throttle(this.grant.spend(requests, this.lastLineAt));
  }

  /** Others have had their turn. */
  private beginTurn(): void {
    this.turn = undefined;
    const waiting = this.readInTurn >= BYTES_PER_TURN;
    this.readInTurn = 0;
    if (waiting) this.readLines();
  }

  /** Leaves further lines unread until the connection may have them. */
  private throttle(waitMs: number): void {
    if (waitMs === 0 || this.finished) return;
    if (!this.grant.mayWait(true)) {
      this.dismiss('too many requests, and too many others that wait');
      return;
    }
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.grant.mayWait(false);
      this.readLines();
    }, waitMs);
  }

  private enqueueAnswer({ parts, batch }: Answer): void {
    const frame = (texts: readonly string[]): string =>
      batch && texts.length > 0 ? `[${texts.join(',')}]\n` : `${texts.join('')}\n`;
    if (parts.every((part) => typeof part === 'string')) {
      this.enqueue(frame(parts));
      return;
    }
    const slot = this.enqueue(undefined);
    void this.judgeInTurn(parts).then((texts) => {
      slot.text = frame(texts);
      this.flush();
      this.readLines();
    });
  }

  private async judgeInTurn(parts: Answer['parts']): Promise<string[]> {
    const texts: string[] = [];
    for (const part of parts) {
      texts.push(
        typeof part === 'string'
          ? part
          : this.host.dialect.encodeVerdict(part.request, await this.host.judge(part.share, this)),
      );
    }
    return texts;
  }

  private enqueue(text: string | undefined, then?: () => void): Slot {
    const slot: Slot = { text, then };
    this.slots.push(slot);
    this.flush();
    return slot;
  }

  private flush(): void {
    for (let slot = this.slots[0]; slot?.text !== undefined; slot = this.slots[0]) {
      this.slots.shift();
      if (!this.finished && slot.text !== '') this.write(slot.text);
      slot.then?.();
    }
  }

  /** What a turn of the event loop writes leaves with one system call: saves 3 us an answer under load. */
  private write(text: string): void {
    const { stream } = this.peer;
    if (stream.writableCorked === 0) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    stream.write(text);
  }

  private subscribed(): void {
    if (this.finished) return;
    this.isSubscribed = true;
    this.host.onSubscribed(this);
  }

  private authorized(worker: string): void {
    if (this.finished || worker === this.worker || ++this.namesTold > MAX_NAMES) return;
    this.worker = worker;
    this.submitter.name = `${worker} at ${this.remote}`;
    this.host.onAuthorized(this, worker);
  }

  private onDrain(): void {
    const held = this.heldJob;
    this.heldJob = undefined;
    if (held) this.writeJob(held);
    this.readLines();
  }

  /** Nothing more can be read; the answers still owed go first, then the error. */
  private refuseStream(): void {
    this.refused = true;
    this.peer.stream.pause();
    const reason = `a line longer than ${this.host.limits.lineBytes} bytes`;
    this.enqueue('', () => {
      this.host.onOffence(this, 'oversize-line');
      this.dismiss(reason);
    });
  }

  /** A miner that closed its side gets the answers it waits for, then the connection ends. */
  private finishIfIdle(): void {
    if (this.ended && this.slots.length === 0 && !this.finished) this.close('closed by the miner');
  }
}
