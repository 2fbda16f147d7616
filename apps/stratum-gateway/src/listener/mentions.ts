/** Says what happens again and again once in a while, with how often it happened. */
import { MENTION_MS } from '../limits.js';

export class Mentions {
  private skipped = 0;
  private saidAt = -Infinity;

  constructor(private readonly tell: (text: string) => void) {}

  say(text: string, now: number): void {
    if (now - this.saidAt < MENTION_MS) {
      this.skipped += 1;
      return;
    }
    const more = this.skipped > 0 ? ` (${this.skipped} like it before)` : '';
    this.skipped = 0;
    this.saidAt = now;
    this.tell(text + more);
  }
}
