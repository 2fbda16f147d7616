/**
 * A rate with a burst: `perS` tokens a second flow in until there are `burst`. It may be overdrawn, and then says how
 * long until it is level again: what was read has been read, only the next has to wait. It owes no more than flows in
 * within a second: a crowd that shares it must not leave a debt of minutes to those who come after. Times in milliseconds.
 */
export class TokenBucket {
  private tokens: number;
  private at: number;

  constructor(
    private readonly perS: number,
    private readonly burst: number,
    now: number,
  ) {
    this.tokens = burst;
    this.at = now;
  }

  /** Takes the tokens. 0, or in how many milliseconds at the earliest more should be asked for. */
  spend(tokens: number, now: number): number {
    // A clock that was set back neither fills nor empties it.
    const elapsedMs = Math.max(0, now - this.at);
    this.at = now;
    const filled = Math.min(this.burst, this.tokens + (elapsedMs / 1000) * this.perS);
    this.tokens = Math.max(filled - tokens, -this.perS);
    return this.tokens >= 0 ? 0 : Math.ceil((-this.tokens / this.perS) * 1000);
  }

  /** Takes a token if there is one. */
  take(now: number): boolean {
    if (this.spend(1, now) === 0) return true;
    this.tokens += 1;
    return false;
  }
}
