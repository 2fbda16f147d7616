/**
 * The miner's side of the data set: builds that of the newest stage and searches the jobs of its stage with it. Jobs of
 * other stages, and all while it is being built, are the light engine's.
 */
import { randomBytes } from 'node:crypto';
import { DataSetCancelledError, stageOf, type FullMiner } from '#libs/octopus';
import type { Logger } from '#libs/telemetry';
import { BuildProgressReport } from './build-progress.js';
import type { MinedJob } from './miner.js';

export type FullMinerPart = Pick<
  FullMiner,
  'stage' | 'build' | 'setWork' | 'pause' | 'threadHashes' | 'close'
>;

export class FullSearch {
  private job: MinedJob | undefined;
  /** The last stage that was tried; one that failed is not tried again. */
  private wanted = -1;
  private building: Promise<void> | undefined;

  constructor(
    private readonly miner: FullMinerPart,
    private readonly logger: Logger,
    private readonly onFound: (job: MinedJob, nonce: bigint) => void,
  ) {}

  /** The newest job, or none. Turns to it at once when the data set is of its stage. */
  take(job: MinedJob | undefined): void {
    this.job = job;
    if (!job) {
      this.miner.pause();
      return;
    }
    const stage = stageOf(job.height);
    if (stage === this.miner.stage) {
      this.search(job);
      return;
    }
    this.miner.pause();
    // Stages only grow: around a stage's edge, old jobs come and go, which is no reason to build twice.
    if (stage > this.wanted && !this.building) this.building = this.build(stage);
  }

  /** Whether this job is searched here, so that nothing else should. */
  mines(job: MinedJob): boolean {
    return job === this.job && stageOf(job.height) === this.miner.stage;
  }

  /** Whether the miner's threads are at a data set. */
  get isBuilding(): boolean {
    return this.building !== undefined;
  }

  threadHashes(): number[] {
    return this.miner.threadHashes();
  }

  async close(): Promise<void> {
    this.job = undefined;
    this.miner.close();
    await this.building;
  }

  private search(job: MinedJob): void {
    const headerHash = Buffer.from(job.headerHash.slice(2), 'hex');
    const start = randomBytes(8).readBigUInt64BE();
    this.miner.setWork({ headerHash, boundary: job.boundary, start }, ({ nonce }) =>
      this.onFound(job, nonce),
    );
  }

  private async build(stage: number): Promise<void> {
    this.wanted = stage;
    const progress = new BuildProgressReport(stage, this.logger);
    this.logger.info(`building the data set of stage ${stage}; mining with the light cache meanwhile`);
    try {
      await this.miner.build(stage, { onProgress: (now) => progress.update(now) });
      progress.end();
      this.logger.info(`the data set of stage ${stage} was built in ${progress.seconds.toFixed(0)} s`);
    } catch (error) {
      progress.end();
      if (error instanceof DataSetCancelledError) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.error(`${reason}; mining with the light cache`);
    } finally {
      this.building = undefined;
    }
    this.take(this.job);
  }
}
