/**
 * One miner's connection: its socket, its protocol state, and the order of its answers. It knows no node and no other
 * session. Answers leave in the order of the requests; jobs go in between as they come.
 */
import type { ConfluxShare, Effect } from '#libs/mining';
import { LineFramer } from '#libs/stratum';
import { steadyNow } from '../clock.js';
import {
  BYTES_PER_REQUEST,
  BYTES_PER_TURN,
  CLOSE_LINGER_MS,
  LINE_OVERHEAD_BYTES,
  MAX_NAMES,
} from '../limits.js';
import { AnswerQueue } from './answer-queue.js';
import { Deadlines } from './deadlines.js';
import type { JobLine } from './job-lines.js';
import { JobOutlet } from './job-outlet.js';
import type { Grant, Peer, SessionHost, Submitter } from './session-host.js';

type Answer = Extract<Effect<ConfluxShare, unknown>, { kind: 'answer' }>;

export class Session {
  readonly remote: string;
  /** The one authorized last; undefined until then. */
  worker: string | undefined;
  readonly submitter: Submitter;
  readonly openedAt: number;
  private isSubscribed = false;
  private namesTold = 0;
  private readonly deadlines: Deadlines;
  private readonly framer: LineFramer;
  private readonly answers = new AnswerQueue((text) => this.write(text));
  private readonly jobs: JobOutlet;
  private state: unknown;
  private ended = false;
  private refused = false;
  private finished = false;
  private reason = 'closed by the miner';
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
    this.deadlines = new Deadlines(host.limits, this.openedAt);
    this.framer = new LineFramer(host.limits.lineBytes);
    this.jobs = new JobOutlet(stream, grant.target, host.dialect, host.limits.queuedBytes);
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
    if (this.mayHaveJob()) this.jobs.send(line);
  }

  /** As `sendJob`, but what goes to the returned descriptor is the caller's to send; `sendRest` takes what is left. */
  claimJob(line: JobLine): number | undefined {
    return this.mayHaveJob() ? this.jobs.claim(line) : undefined;
  }

  sendRest(line: JobLine, sent: number): void {
    this.jobs.sendRest(line, sent);
  }

  private mayHaveJob(): boolean {
    if (!this.finished && !this.jobs.hasSent) this.deadlines.onFirstJob(steadyNow());
    return !this.finished;
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
    const missed = this.deadlines.missed(now, {
      unread: this.peer.stream.writableLength,
      waitsForJob: this.isSubscribed && !this.jobs.hasSent,
      isAuthorized: this.worker !== undefined,
      patienceMs: this.grant.target.patienceMs,
    });
    if (!missed) return;
    if (missed.reads) {
      this.dismiss(missed.reason);
    } else {
      this.close(missed.reason);
      this.peer.stream.destroy();
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
      this.answers.waiting < this.host.limits.sharesInFlight &&
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
      for (const effect of effects) if (effect.kind === 'answer') this.answer(effect);
    }
  }

  private get isThrottled(): boolean {
    return this.timer !== undefined;
  }

  private onLine(text: string): void {
    const now = steadyNow();
    this.deadlines.onLine(now);
    this.readInTurn += LINE_OVERHEAD_BYTES + text.length;
    this.turn ??= setImmediate(() => this.beginTurn());
    const { state, effects } = this.host.dialect.onMessage(this.state, text);
    this.state = state;
    let requests = Math.ceil(text.length / BYTES_PER_REQUEST) || 1;
    for (const effect of effects) {
      switch (effect.kind) {
        case 'answer':
          requests = Math.max(requests, effect.parts.length);
          this.answer(effect);
          break;
        case 'authorize':
          this.answers.add('', () => this.authorized(effect.worker));
          break;
        case 'subscribe':
          this.answers.add('', () => this.subscribed());
          break;
        case 'wrong-secret':
          this.host.onOffence(this, 'wrong-secret');
      }
    }
    this.throttle(this.grant.spend(requests, now));
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

  private answer({ parts, batch }: Answer): void {
    const frame = (texts: readonly string[]): string =>
      batch && texts.length > 0 ? `[${texts.join(',')}]\n` : `${texts.join('')}\n`;
    if (parts.every((part) => typeof part === 'string')) {
      this.answers.add(frame(parts));
      return;
    }
    void this.answers.addLater(() => this.judgeInTurn(parts, frame)).then(() => this.readLines());
  }

  private async judgeInTurn(
    parts: Answer['parts'],
    frame: (texts: readonly string[]) => string,
  ): Promise<string> {
    const texts: string[] = [];
    for (const part of parts) {
      texts.push(
        typeof part === 'string'
          ? part
          : this.host.dialect.encodeVerdict(part.request, await this.host.judge(part.share, this)),
      );
    }
    return frame(texts);
  }

  /** What a turn of the event loop writes leaves with one system call: saves 3 us an answer under load. */
  private write(text: string): void {
    if (this.finished) return;
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
    this.jobs.onDrain();
    this.readLines();
  }

  /** Nothing more can be read; the answers still owed go first, then the error. */
  private refuseStream(): void {
    this.refused = true;
    this.peer.stream.pause();
    const reason = `a line longer than ${this.host.limits.lineBytes} bytes`;
    this.answers.add('', () => {
      this.host.onOffence(this, 'oversize-line');
      this.dismiss(reason);
    });
  }

  /** A miner that closed its side gets the answers it waits for, then the connection ends. */
  private finishIfIdle(): void {
    if (this.ended && this.answers.waiting === 0 && !this.finished) this.close('closed by the miner');
  }
}
