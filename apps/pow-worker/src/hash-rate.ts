/** Hashes per second over the last ten seconds, from a counter that only grows. */

const SAMPLE_MS = 1000;
const SAMPLES = 10;

export class HashRate {
  /** Oldest first. */
  private readonly samples: { readonly at: number; readonly hashes: number }[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly count: () => number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.sample();
    this.timer = setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  get perSecond(): number {
    const [oldest] = this.samples;
    if (!oldest) return 0;
    const seconds = (this.now() - oldest.at) / 1000;
    return seconds > 0 ? (this.count() - oldest.hashes) / seconds : 0;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    this.samples.push({ at: this.now(), hashes: this.count() });
    if (this.samples.length > SAMPLES) this.samples.shift();
  }
}
