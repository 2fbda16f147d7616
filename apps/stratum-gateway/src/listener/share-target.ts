/**
 * The boundary of one connection: what its miner should be given, what it was given last, and when a change is worth a
 * job of its own. How difficulty follows the shares is libs/mining's vardiff.
 */
import {
  targetOfDifficulty,
  Vardiff,
  type ConfluxWork,
  type IssuedTargets,
  type Job,
  type VardiffOptions,
} from '#libs/mining';
import { IDLE_INTERVALS, ISSUED_TARGETS, RETARGET_WAIT_MS } from '../limits.js';

export class ShareTarget implements IssuedTargets {
  private vardiff: Vardiff | undefined;
  private hasShares = false;
  private wanted = 0n;
  /** Of the last job. */
  private last = 0n;
  /** Share targets of the last jobs, the newest first; 0 where a job had the network's. */
  private readonly issued: bigint[] = [];
  private changedAt: number | undefined;

  /** Without options the network's boundary is passed through. */
  constructor(
    private readonly options: VardiffOptions | undefined,
    now: number,
  ) {
    this.vardiff = options && new Vardiff(options, now);
    this.follow();
  }

  /** Begins anew at the speed that the miner had in an earlier session, in hashes per second. */
  resume(hashrate: number, now: number): void {
    if (!this.options || this.hasShares) return;
    this.vardiff = new Vardiff(this.options, now, hashrate);
    this.follow(now);
  }

  /** What its shares say about the miner's speed, in hashes per second; undefined before the first. */
  get hashrate(): number | undefined {
    if (!this.options || !this.vardiff || !this.hasShares) return undefined;
    return (Number(this.vardiff.difficulty) * 1000) / this.options.intervalMs;
  }

  /** What the next job should ask for; it is never harder than the network. */
  for(networkTarget: bigint): bigint {
    return this.wanted > networkTarget ? this.wanted : networkTarget;
  }

  /** How long a miner may be silent before that means something; undefined while it works for whole blocks. */
  get patienceMs(): number | undefined {
    return this.issued[0] ? IDLE_INTERVALS * (this.options?.intervalMs ?? 0) : undefined;
  }

  /** The easier of the last two share targets; 0, which is the network's, where there is none. */
  get unnamed(): bigint {
    const [newest = 0n, before = 0n] = this.issued;
    return newest > before ? newest : before;
  }

  /** Whether the connection was given the share target, not too long ago. */
  has(target: bigint): boolean {
    return this.issued.includes(target);
  }

  /** Whether the miner does not know this target yet. */
  isNews(target: bigint): boolean {
    return target !== this.last;
  }

  onIssued({ target, work }: Job<ConfluxWork>): void {
    this.changedAt = undefined;
    this.last = target;
    const share = target === work.networkTarget ? 0n : target;
    if (share === this.issued[0]) return;
    this.issued.unshift(share);
    if (this.issued.length > ISSUED_TARGETS) this.issued.pop();
  }

  /**
   * An accepted share, with the difficulty of its job. Whether so many of them came that a job with a harder target should
   * not wait: a rig that begins ten thousand times too easy sends 70 shares then, and 95,000 if jobs wait for 5 s.
   */
  onShare(difficulty: number, now: number, networkTarget: bigint): boolean {
    this.hasShares = true;
    if (!this.vardiff?.onShare(difficulty, now)) return false;
    this.follow(now);
    return this.isNews(this.for(networkTarget));
  }

  /** About once a second. Whether a changed target has waited long enough for a job. */
  tick(now: number, networkTarget: bigint): boolean {
    if (this.vardiff?.onTick(now)) this.follow(now);
    if (this.changedAt === undefined || now - this.changedAt < RETARGET_WAIT_MS) return false;
    return this.isNews(this.for(networkTarget));
  }

  private follow(now?: number): void {
    if (!this.vardiff) return;
    this.wanted = targetOfDifficulty(this.vardiff.difficulty);
    this.changedAt ??= now;
  }
}
