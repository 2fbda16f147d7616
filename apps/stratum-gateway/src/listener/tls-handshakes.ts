/**
 * TLS handshakes on connections that are open already; so many at once and no more, for each costs a signature and some
 * 50 kB. Node's own TLS server does the work; it listens nowhere.
 */
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { TlsCertificate } from './tls-certificate.js';

export type HandshakeResult =
  | { readonly kind: 'secure'; readonly stream: TLSSocket }
  /** The socket is closed. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface HandshakeOptions {
  readonly certificate: TlsCertificate;
  readonly maxHandshakes: number;
  readonly handshakeMs: number;
}

interface Handshake {
  readonly socket: Socket;
  readonly deadline: NodeJS.Timeout;
  readonly done: (result: HandshakeResult) => void;
  readonly onClose: () => void;
  reason: string;
}

/** What OpenSSL says, without its source lines. */
interface TlsError extends Error {
  readonly reason?: string;
  readonly code?: string;
}

export class TlsHandshakes {
  private readonly server: Server;
  /** By the ends of the connection: of the server's events nothing else leads back to the socket. */
  private readonly running = new Map<string, Handshake>();
  private pair: TlsCertificate['pair'];

  constructor(private readonly options: HandshakeOptions) {
    this.pair = options.certificate.pair;
    this.server = createServer(this.pair);
    this.server.on('secureConnection', (stream) => this.onSecure(stream));
    this.server.on('tlsClientError', (error: TlsError, stream) => this.onError(error, stream));
  }

  get size(): number {
    return this.running.size;
  }

  /** Takes a socket whose first bytes are unread or put back, and nobody's listeners. `done` is called once, later. */
  start(socket: Socket, done: (result: HandshakeResult) => void): void {
    const key = endsOf(socket);
    if (this.running.size >= this.options.maxHandshakes || this.running.has(key)) {
      socket.on('error', () => undefined).destroy();
      done({ kind: 'failed', reason: 'too many TLS handshakes' });
      return;
    }
    const onClose = (): void => {
      const reason = this.finish(key)?.reason;
      if (reason !== undefined) done({ kind: 'failed', reason });
    };
    const handshake: Handshake = {
      socket,
      deadline: setTimeout(() => cut(handshake, 'the TLS handshake took too long'), this.options.handshakeMs),
      done,
      onClose,
      reason: 'closed during the TLS handshake',
    };
    this.running.set(key, handshake);
    socket.once('close', onClose);
    this.renew();
    // TLS has no half-open connections: the miner's end is ours.
    socket.allowHalfOpen = false;
    this.server.emit('connection', socket);
  }

  /** Each handshake fails; `done` is called a little later. */
  close(): void {
    for (const handshake of this.running.values()) cut(handshake, 'the bridge is shutting down');
  }

  private onSecure(stream: TLSSocket): void {
    const handshake = this.finish(endsOf(stream));
    if (!handshake) {
      stream.destroy();
      return;
    }
    // Node reports a broken record and leaves the connection as it is.
    stream.on('error', destroyThis);
    // A miner has no reason to; an attacker has one for each of our signatures.
    stream.disableRenegotiation();
    handshake.socket.removeListener('close', handshake.onClose);
    handshake.done({ kind: 'secure', stream });
  }

  /** The socket is closed next. */
  private onError(error: TlsError, stream: TLSSocket): void {
    const handshake = this.running.get(endsOf(stream));
    const cause = error.reason ?? error.code ?? 'unknown';
    if (handshake) handshake.reason = `the TLS handshake failed (${cause})`;
    stream.destroy();
  }

  private finish(key: string): Handshake | undefined {
    const handshake = this.running.get(key);
    clearTimeout(handshake?.deadline);
    this.running.delete(key);
    return handshake;
  }

  private renew(): void {
    const { pair } = this.options.certificate;
    if (pair === this.pair) return;
    this.pair = pair;
    this.server.setSecureContext(pair);
  }
}

function cut(handshake: Handshake, reason: string): void {
  handshake.reason = reason;
  handshake.socket.destroy();
}

/** One function for all streams: no closure stays with them. */
function destroyThis(this: TLSSocket): void {
  this.destroy();
}

const endsOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket): string =>
  `${remoteAddress ?? ''} ${remotePort ?? ''} ${localAddress ?? ''} ${localPort ?? ''}`;
