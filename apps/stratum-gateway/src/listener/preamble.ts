/**
 * What happens between a connection's start and its first byte of stratum: a balancer names the client (PROXY header,
 * from trusted peers only), the host may refuse him, and TLS begins where the first byte says so. Holds a connection only
 * until it is handed over; then nothing of it is left here.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { readProxyHeader } from '#libs/stratum';
import type { AddressSet } from './address.js';
import type { TlsHandshakes } from './tls-handshakes.js';

/** The first byte of a TLS handshake; JSON begins with no control character. */
const TLS_HANDSHAKE = 0x16;
const NOTHING = Buffer.alloc(0);

export interface PreambleOptions {
  /** Peers that have to name their clients. */
  readonly trusted: AddressSet;
  /** Undefined: no certificate. */
  readonly handshakes: TlsHandshakes | undefined;
  /** From the start of a connection to its first byte after a PROXY header. */
  readonly preambleMs: number;
}

/** `Place` is what the host keeps for a connection that it has admitted. */
export interface PreambleHost<Place> {
  /**
   * Once for each connection, as soon as it is known whose it is: for peers that are not trusted within `accept`, always
   * before TLS costs anything. Undefined refuses: the socket is the host's to close, and not spoken of again.
   */
  admit(client: Client, socket: Socket): Place | undefined;
  /** The host has the connection and adds its listeners at once; what was read is there to be read again. */
  onReady(stream: Socket | TLSSocket, client: Client & { readonly secure: boolean }, place: Place): void;
  /** He has said nothing in time. The socket is the host's to close: who has not begun TLS can read a last line. */
  onSilent(socket: Socket, client: Client, place: Place): void;
  /** The connection is closed. `place` is undefined for a trusted peer that has not named its client. */
  onFailed(reason: string, client: Client, place: Place | undefined): void;
}

export interface Client {
  /** The miner's, also behind a balancer: use it in place of what the socket says. */
  readonly address: string;
  readonly port: number;
}

export class Preamble<Place> {
  private readonly arrivals = new Set<Arrival<Place>>();

  constructor(
    private readonly options: PreambleOptions,
    private readonly host: PreambleHost<Place>,
  ) {}

  /** Connections that are not handed over yet; those in a TLS handshake are counted there. */
  get size(): number {
    return this.arrivals.size;
  }

  /** Takes a fresh socket, without listeners, that may be half open. */
  accept(socket: Socket): void {
    new Arrival(socket, this.options, this.host, this.arrivals).begin();
  }

  /** Closes what is not handed over yet. */
  close(): void {
    for (const arrival of this.arrivals) arrival.fail('the bridge is shutting down');
    this.options.handshakes?.close();
  }
}

/** One connection on its way. */
class Arrival<Place> {
  private client: Client;
  private named: boolean;
  private place: Place | undefined;
  private held: Buffer = NOTHING;
  private deadline: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly options: PreambleOptions,
    private readonly host: PreambleHost<Place>,
    private readonly arrivals: Set<Arrival<Place>>,
  ) {
    this.client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    this.named = !options.trusted.has(this.client.address);
  }

  begin(): void {
    this.arrivals.add(this);
    this.deadline = setTimeout(() => this.onDeadline(), this.options.preambleMs);
    this.socket.on('error', this.onError);
    this.socket.on('close', this.onClose);
    if (this.named && !this.admitted()) return;
    this.socket.on('end', this.onClose);
    this.socket.on('readable', this.onReadable);
  }

  fail(reason: string): void {
    if (!this.arrivals.has(this)) return;
    this.release();
    this.destroy();
    this.host.onFailed(reason, this.client, this.place);
  }

  private onDeadline(): void {
    const { place } = this;
    if (place === undefined) {
      this.fail('sent no whole PROXY header');
      return;
    }
    this.release();
    this.host.onSilent(this.socket, this.client, place);
  }

  private readonly onError = (error: Error): void => this.fail(error.message);
  private readonly onClose = (): void =>
    this.fail(this.named ? 'closed before it said anything' : 'closed without a PROXY header');

  private readonly onReadable = (): void => {
    const bytes = this.socket.read() as Buffer | null;
    if (!bytes) return;
    this.held = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes]);
    if (!this.named && !this.readHeader()) return;
    if (this.held.length > 0) this.handOver();
  };

  /** False when there is nothing to go on with. */
  private readHeader(): boolean {
    const header = readProxyHeader(this.held);
    if (header.kind === 'incomplete') return false;
    if (header.kind === 'invalid') {
      this.fail(`sent ${header.reason}`);
      return false;
    }
    this.named = true;
    this.client = header.source ?? this.client;
    this.held = this.held.subarray(header.length);
    return this.admitted();
  }

  private admitted(): boolean {
    this.place = this.host.admit(this.client, this.socket);
    if (this.place !== undefined) return this.arrivals.has(this);
    this.release();
    return false;
  }

  private handOver(): void {
    const { socket, client, place, held } = this;
    const { handshakes } = this.options;
    const secure = held[0] === TLS_HANDSHAKE;
    if (secure && !handshakes) {
      this.fail('speaks TLS, for which there is no certificate');
      return;
    }
    if (place === undefined) return;
    this.release();
    socket.unshift(held);
    if (!secure) {
      this.host.onReady(socket, { ...client, secure }, place);
      return;
    }
    handshakes?.start(socket, (result) => {
      if (result.kind === 'secure') this.host.onReady(result.stream, { ...client, secure }, place);
      else this.host.onFailed(result.reason, client, place);
    });
  }

  /** Everything of ours goes off the socket. */
  private release(): void {
    clearTimeout(this.deadline);
    this.arrivals.delete(this);
    this.socket.off('readable', this.onReadable);
    for (const event of ['end', 'close']) this.socket.off(event, this.onClose);
    this.socket.off('error', this.onError);
  }

  private destroy(): void {
    this.socket.on('error', ignore);
    this.socket.destroy();
  }
}

const ignore = (): void => undefined;
