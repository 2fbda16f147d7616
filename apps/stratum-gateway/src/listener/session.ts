/**
 * One miner's connection: its socket, its protocol state, and the order of its answers. It knows no node and no other
 * session. Answers leave in the order of the requests; jobs go in between as they come.
 */
import type { Socket } from 'node:net';
import type { ConfluxShare, ConfluxWork, Dialect, Effect, Verdict } from '#libs/mining';
import { LineFramer, type ConfluxSession, type ConfluxSubmit } from '#libs/stratum';
import { CLOSE_LINGER_MS, MAX_LINE_BYTES, MAX_PENDING_ANSWERS, MAX_QUEUED_BYTES } from '../limits.js';

export type ConfluxListenerDialect = Dialect<ConfluxWork, ConfluxShare, ConfluxSession, ConfluxSubmit>;

type Answer = Extract<Effect<ConfluxShare, ConfluxSubmit>, { kind: 'answer' }>;

/** What a session needs from the rest of the gateway. */
export interface SessionHost {
  readonly dialect: ConfluxListenerDialect;
  judge(share: ConfluxShare, session: Session): Promise<Verdict>;
  /** The session may have jobs from now on: the host sends the current one, and later ones. */
  onSubscribed(session: Session): void;
  onClosed(session: Session, reason: string): void;
}

/** A line of answers that waits for its turn; `text` is missing while shares in it are judged. */
interface Slot {
  text: string | undefined;
  /** What happens once it is written. */
  readonly then: (() => void) | undefined;
}

export class Session {
  readonly remote: string;
  /** Undefined until subscribed. */
  worker: string | undefined;
  private readonly framer = new LineFramer(MAX_LINE_BYTES);
  private readonly slots: Slot[] = [];
  private state: ConfluxSession;
  private ended = false;
  private refused = false;
  private finished = false;
  private reason = 'closed by the miner';
  /** The newest job that a slow reader has not been sent. */
  private heldJob: Buffer | undefined;
  private linger: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly host: SessionHost,
  ) {
    this.remote = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? '?'}`;
    this.state = host.dialect.open(0);
    socket.on('data', (chunk) => {
      if (this.finished) return;
      this.framer.push(chunk);
      this.readLines();
    });
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => {
      this.ended = true;
      this.finishIfIdle();
    });
    socket.on('error', (error) => (this.reason = error.message));
    socket.on('close', () => {
      this.finished = true;
      clearTimeout(this.linger);
      host.onClosed(this, this.reason);
    });
  }

  /** Sends a job, or holds it back if the miner does not read; of held jobs only the newest is kept. */
  sendJob(line: Buffer): void {
    if (this.finished) return;
    if (this.heldJob || this.socket.writableLength > MAX_QUEUED_BYTES) this.heldJob = line;
    else this.socket.write(line);
  }

  /** Sends what is queued, discards what still comes (else the peer may lose our last line to a reset), and ends. */
  close(reason: string): void {
    if (this.finished) return;
    this.reason = reason;
    this.finished = true;
    this.socket.end();
    this.socket.resume();
    this.linger = setTimeout(() => this.socket.destroy(), CLOSE_LINGER_MS);
  }

  /** Takes lines while the miner reads its answers and has not too many of them outstanding. */
  private readLines(): void {
    if (this.refused) return;
    while (!this.finished && this.slots.length < MAX_PENDING_ANSWERS && !this.socket.writableNeedDrain) {
      const line = this.framer.next();
      if (!line) {
        this.socket.resume();
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
    if (!this.finished) this.socket.pause();
  }

  private onLine(text: string): void {
    const { state, effects } = this.host.dialect.onMessage(this.state, text);
    this.state = state;
    for (const effect of effects) {
      if (effect.kind === 'answer') this.enqueueAnswer(effect);
      else if (effect.kind === 'authorize') this.enqueue('', () => this.subscribed(effect.worker));
    }
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
    if (this.socket.writableCorked === 0) {
      this.socket.cork();
      process.nextTick(() => this.socket.uncork());
    }
    this.socket.write(text);
  }

  private subscribed(worker: string): void {
    if (this.finished) return;
    const first = this.worker === undefined;
    this.worker = worker;
    if (first) this.host.onSubscribed(this);
  }

  private onDrain(): void {
    const held = this.heldJob;
    this.heldJob = undefined;
    if (held) this.sendJob(held);
    this.readLines();
  }

  /** Nothing more can be read; the answers still owed go first, then the error. */
  private refuseStream(): void {
    this.refused = true;
    this.socket.pause();
    this.enqueue(this.host.dialect.encodeFarewell(`a line longer than ${MAX_LINE_BYTES} bytes`), () =>
      this.close(`sent a line longer than ${MAX_LINE_BYTES} bytes`),
    );
  }

  /** A miner that closed its side gets the answers it waits for, then the connection ends. */
  private finishIfIdle(): void {
    if (this.ended && this.slots.length === 0 && !this.finished) this.close('closed by the miner');
  }
}
