/** A CPU miner: takes jobs from a stratum server like any rig, searches nonces from a random start, submits what it finds. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { StratumLink, type LinkEvent } from '#libs/node-rpc';
import type { PowEngine } from '#libs/octopus';
import { formatHostPort } from '#libs/settings';
import type { NotifiedJob } from '#libs/stratum';
import type { Logger } from '#libs/telemetry';
import { FullSearch, type FullMinerPart } from './full-search.js';
import type { MinerConfig } from './settings.js';

/** How long one search call should take: short enough to turn to a new job at once, long enough to be cheap to call. */
const SEARCH_MS = 100;
const FIRST_COUNT = 16;
const REPORT_MS = 10_000;
const IDLE_MS = 50;
/**
 * While a data set is being built one lane goes on, resting this many times as long as it searches: two busy lanes
 * doubled the time to build, and every second with the data set is worth ten minutes with the cache.
 */
const REST_WHILE_BUILDING = 9;

export type MinedJob = NotifiedJob & { readonly height: number };

export interface MinerStats {
  readonly hashes: number;
  readonly accepted: number;
  readonly rejected: number;
}

export class CpuMiner {
  private readonly link: StratumLink;
  private job: MinedJob | undefined;
  private readonly full: FullSearch | undefined;
  private heightless = false;
  private running = false;
  private lanes: Promise<void>[] = [];
  private lightHashes = 0;
  private accepted = 0;
  private rejected = 0;
  private report: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: MinerConfig,
    private readonly engine: PowEngine,
    private readonly logger: Logger,
    /** Searches with the data set wherever it can; the engine does the rest. */
    fullMiner?: FullMinerPart,
  ) {
    this.full =
      fullMiner &&
      new FullSearch(fullMiner, logger, (job, nonce) => {
        void this.submit(job, nonce);
      });
    const { connect, worker, password } = config;
    this.link = new StratumLink({ ...connect, worker, password });
  }

  get stats(): MinerStats {
    return { hashes: this.hashes(), accepted: this.accepted, rejected: this.rejected };
  }

  start(): void {
    this.running = true;
    this.link.events$.subscribe((event) => this.onLinkEvent(event));
    this.link.start();
    this.lanes = Array.from({ length: this.config.threads }, (_, lane) => this.mine(lane));
    this.report = setInterval(this.reportRate(), REPORT_MS);
  }

  async stop(): Promise<void> {
    this.running = false;
    clearInterval(this.report);
    this.link.stop();
    await Promise.all([...this.lanes, this.full?.close()]);
  }

  private onLinkEvent(event: LinkEvent): void {
    switch (event.kind) {
      case 'up':
        this.logger.info(`mining as ${this.config.worker} for ${formatHostPort(this.config.connect)}`);
        break;
      case 'down':
        this.setJob(undefined);
        this.logger.warn(`not connected (${event.reason}), trying again`);
        break;
      case 'silent':
        this.logger.warn(`no job for ${event.forMs / 1000} s`);
        break;
      case 'unreadable':
        this.logger.warn(`the server sent a line that cannot be read: ${event.line.slice(0, 200)}`);
        break;
      case 'job':
        this.onJob(event.job);
    }
  }

  private onJob(job: NotifiedJob): void {
    const { height } = job;
    if (height === undefined) {
      if (!this.heightless) {
        this.logger.warn('the server sends jobs without a height (documented profile), which Octopus needs');
      }
      this.heightless = true;
      return;
    }
    this.heightless = false;
    this.setJob({ ...job, height });
    this.logger.debug(`job ${job.headerHash.slice(0, 10)} at height ${height}`);
  }

  private setJob(job: MinedJob | undefined): void {
    this.job = job;
    this.full?.take(job);
  }

  /** One lane: searches the newest job from a start of its own, in slices of about SEARCH_MS. */
  private async mine(lane: number): Promise<void> {
    let start = randomBytes(8).readBigUInt64BE();
    let count = FIRST_COUNT;
    while (this.isRunning()) {
      const job = this.job;
      const building = this.full?.isBuilding === true;
      if (!job || this.full?.mines(job) || (building && lane > 0)) {
        await sleep(IDLE_MS);
        continue;
      }
      const began = performance.now();
      try {
        const { headerHash, height, boundary } = job;
        const header = Buffer.from(headerHash.slice(2), 'hex');
        const { tried, found } = await this.engine.search({
          headerHash: header,
          height,
          start,
          count,
          boundary,
        });
        this.lightHashes += tried;
        start = BigInt.asUintN(64, start + BigInt(tried));
        if (found) void this.submit(job, found.nonce);
        const tookMs = performance.now() - began;
        if (!found) count = nextCount(count, tookMs);
        if (building) await sleep(tookMs * REST_WHILE_BUILDING);
      } catch (error) {
        if (!this.isRunning()) return;
        this.logger.error(`search failed: ${String(error)}`);
        await sleep(1000);
      }
    }
  }

  /** A call, because the answer changes while a lane waits. */
  private isRunning(): boolean {
    return this.running;
  }

  private async submit(job: NotifiedJob, nonce: bigint): Promise<void> {
    const answer = await this.link.submit(job.headerHash, job.jobId, nonce);
    if (answer.kind === 'answered' && answer.accepted) {
      this.accepted++;
      return;
    }
    if (!this.isRunning()) return;
    this.rejected++;
    this.logger.warn(`solution not taken: ${answer.reason ?? 'no reason given'}`);
  }

  private hashes(): number {
    return (this.full?.threadHashes() ?? []).reduce((sum, count) => sum + count, this.lightHashes);
  }

  private reportRate(): () => void {
    let since = performance.now();
    let before = this.hashes();
    let threadsBefore = this.full?.threadHashes() ?? [];
    return () => {
      const now = performance.now();
      const perSecond = (count: number): number => (count / (now - since)) * 1000;
      const hashes = this.hashes();
      const rate = perSecond(hashes - before);
      const threads = this.full?.threadHashes() ?? [];
      const threadRates = threads.map((count, i) => perSecond(count - (threadsBefore[i] ?? 0)));
      since = now;
      before = hashes;
      threadsBefore = threads;
      const each = threadRates.some((one) => one > 0) ? ` (${threadRates.map(formatRate).join(', ')})` : '';
      this.logger.info(
        { rate, ...(threads.length > 0 && { threadRates }), ...this.stats },
        `${formatRate(rate)}${each}, ${this.accepted} solutions taken, ${this.rejected} not`,
      );
    };
  }
}

/** 999 H/s, 12.3 kH/s, 1.23 MH/s. */
export function formatRate(rate: number): string {
  if (rate < 1e3) return `${rate.toFixed(0)} H/s`;
  if (rate < 1e6) return `${(rate / 1e3).toFixed(1)} kH/s`;
  return `${(rate / 1e6).toFixed(2)} MH/s`;
}

/** Aims at SEARCH_MS a call, changing by a factor of two at most. */
function nextCount(count: number, tookMs: number): number {
  const wanted = (count * SEARCH_MS) / Math.max(tookMs, 0.1);
  return Math.max(1, Math.round(Math.min(count * 2, Math.max(count / 2, wanted))));
}
