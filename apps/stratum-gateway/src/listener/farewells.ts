/** Last lines: who is turned away is told why and may read it for a moment. They are bounded, as nobody counts them any more. */
import type { Duplex } from 'node:stream';
import { CLOSE_LINGER_MS, MAX_FAREWELLS } from '../limits.js';
import type { Session } from './session.js';

export class Farewells {
  private turnedAway = 0;
  private readonly leaving = new Set<Session>();

  constructor(private readonly encode: (reason: string) => string) {}

  /** Of a connection that has no session: says why, and cuts it once that is read, or soon. */
  turnAway(stream: Duplex, reason: string): void {
    stream.on('error', () => undefined);
    if (this.turnedAway >= MAX_FAREWELLS) {
      stream.destroy();
      return;
    }
    this.turnedAway++;
    const cut = setTimeout(() => stream.destroy(), CLOSE_LINGER_MS);
    stream.on('close', () => {
      this.turnedAway--;
      clearTimeout(cut);
    });
    stream.end(this.encode(reason));
    stream.resume();
  }

  dismiss(session: Session, reason: string): void {
    if (this.leaving.size >= MAX_FAREWELLS) {
      session.peer.stream.destroy();
      return;
    }
    this.leaving.add(session);
    session.dismiss(reason);
  }

  hasGone(session: Session): void {
    this.leaving.delete(session);
  }
}
