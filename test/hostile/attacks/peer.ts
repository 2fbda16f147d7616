/** One connection of an attack. It counts what it sends and gets, and knows who ended it. */
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { AttackRun } from './attack-run.js';

/** A server that answers with more than this without a newline is not read as lines any more. */
const MAX_REST = 1 << 20;

export interface PeerJob {
  readonly hash: string;
  readonly boundary: bigint;
}

export class Peer {
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  private gone = false;
  private ours = false;
  private rest = '';
  private waiting: ((line: string) => void) | undefined;

  private constructor(
    private readonly run: AttackRun,
    private readonly socket: Socket,
  ) {
    socket.setEncoding('utf8');
    this.closed = new Promise((resolve) =>
      socket.once('close', () => {
        this.gone = true;
        run.forget(this);
        if (!this.ours) run.tally.closedByServer++;
        resolve();
      }),
    );
  }

  /** Undefined when it was not taken. */
  static open(run: AttackRun, localAddress: string, reads: boolean): Promise<Peer | undefined> {
    const socket = connect({ host: '127.0.0.1', port: run.plan.port, localAddress, noDelay: true });
    return new Promise((resolve) => {
      let peer: Peer | undefined;
      socket.on('error', () => {
        if (!peer) run.tally.refused++;
        resolve(peer);
      });
      socket.once('connect', () => {
        peer = new Peer(run, socket);
        if (reads) peer.read();
        resolve(peer);
      });
    });
  }

  /** Starts reading; a connection that was opened without has left everything in its socket until now. */
  read(): void {
    this.socket.on('data', (text: string) => this.onText(text));
  }

  /** Waits while the other side does not read. False when the connection or the attack has ended. */
  async send(data: string | Buffer): Promise<boolean> {
    if (this.gone || this.run.over) return false;
    this.run.tally.bytesSent += data.length;
    const flushed = this.socket.write(data);
    this.run.inPlace();
    // A socket that takes everything at once would never let this process read.
    if (flushed) await turn();
    else await Promise.race([this.drained(), this.closed, this.run.stopped]);
    return this.isOpen();
  }

  /** The next line that passes; undefined when the connection or the attack ends first. */
  next(passes: (line: string) => boolean): Promise<string | undefined> {
    const line = new Promise<string>((resolve) => {
      this.waiting = (text) => {
        if (passes(text)) resolve(text);
      };
    });
    return Promise.race([line, this.closed, this.run.stopped]).then((text) => text ?? undefined);
  }

  /** Subscribes as a rig that knows the password. Undefined unless it gets a job. */
  async subscribe(worker: string): Promise<PeerJob | undefined> {
    const job = this.next((line) => line.includes('"mining.notify"'));
    const params = [worker, this.run.plan.password];
    await this.send(`${JSON.stringify({ id: 1, method: 'mining.subscribe', params })}\n`);
    const found = /"params":\s*\["(0x[0-9a-f]+)",.*"(0x[0-9a-f]+)"\]/.exec((await job) ?? '');
    return found?.[1] === undefined ? undefined : { hash: found[1], boundary: BigInt(found[2] ?? 0) };
  }

  close(): void {
    this.ours = true;
    this.socket.destroy();
  }

  reset(): void {
    this.ours = true;
    this.socket.resetAndDestroy();
  }

  /** Sends our FIN; the other direction stays open as long as the other side likes. */
  halfClose(): void {
    this.ours = true;
    this.socket.end();
  }

  private isOpen(): boolean {
    return !this.gone && !this.run.over;
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => this.socket.once('drain', () => resolve()));
  }

  private onText(text: string): void {
    this.run.tally.bytesRead += text.length;
    const lines = (this.rest + text).split('\n');
    this.rest = (lines.pop() ?? '').slice(-MAX_REST);
    for (const line of lines) {
      this.run.tally.line(line);
      this.waiting?.(line);
    }
  }
}
