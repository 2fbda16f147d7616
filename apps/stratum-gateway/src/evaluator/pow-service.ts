/** The gateway's proof of work: opens the hasher that the configuration asks for and keeps it ready for the current stage. */
import { availableParallelism } from 'node:os';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import type { PowHasher } from '#libs/contracts';
import type { ConfluxShare, ConfluxWork, ShareEvaluator } from '#libs/mining';
import { FairQueue, openPow, stageOf } from '#libs/octopus';
import type { GatewayEvents } from '../events.js';
import { REMOTE_CONCURRENCY } from '../limits.js';
import type { JobFeed } from '../listener/stratum-listener.js';
import type { GatewayConfig } from '../settings.js';
import { ConfluxEvaluator } from './conflux-evaluator.js';
import { FallbackHasher } from './fallback-hasher.js';
import { RemoteHasher } from './remote-hasher.js';

export type PowState = 'cold' | 'warming' | 'ready' | 'failed';

export class PowService {
  readonly evaluator: ShareEvaluator<ConfluxWork, ConfluxShare>;
  private readonly hasher: PowHasher;
  private readonly engine: string;
  private readonly degraded: string | undefined;
  private stage: number | undefined;
  /** Reported once. */
  private failedStage: number | undefined;
  private currentState: PowState = 'cold';

  constructor(
    config: Pick<GatewayConfig, 'algorithm' | 'powWorker'>,
    private readonly events: GatewayEvents,
  ) {
    const { engine, fallbackReason } = openPow(config.algorithm);
    this.engine = engine.kind;
    this.degraded = fallbackReason;
    this.hasher = config.powWorker ? this.remoteFirst(config.algorithm, config.powWorker, engine) : engine;
    const queue = new FairQueue(config.powWorker ? REMOTE_CONCURRENCY : availableParallelism());
    this.evaluator = new ConfluxEvaluator(config.algorithm, this.hasher, queue);
  }

  get state(): PowState {
    return this.currentState;
  }

  /** What an operator should know about how hashes are made. */
  get detail(): string {
    return this.degraded === undefined ? this.where : `${this.where}; slow: ${this.degraded}`;
  }

  private get where(): string {
    const here = `in this process (${this.engine})`;
    if (!(this.hasher instanceof FallbackHasher)) return here;
    return this.hasher.isFailing ? `${here}, the pow-worker does not answer` : 'in the pow-worker';
  }

  /** Prepares each stage with its first job, so that no share waits for a light cache. */
  start(feed: JobFeed): void {
    this.report('info', `shares are checked ${this.where}`);
    if (this.degraded !== undefined) this.report('warn', `the Octopus addon is not in use: ${this.degraded}`);
    feed.onJob(({ work }) => void this.prepare(work.height));
  }

  async stop(): Promise<void> {
    await this.hasher.close();
  }

  /** Does nothing for the stage that is prepared, or being prepared; a stage that failed is tried with the next job. */
  private async prepare(height: number): Promise<void> {
    const stage = stageOf(height);
    if (stage === this.stage) return;
    this.stage = stage;
    if (this.currentState !== 'ready') this.currentState = 'warming';
    try {
      await this.hasher.prepare(height);
      this.currentState = 'ready';
    } catch (error) {
      if (this.stage === stage) this.stage = undefined;
      if (this.failedStage !== stage)
        this.report('warn', `stage ${stage} could not be prepared: ${String(error)}`);
      this.failedStage = stage;
      this.currentState = 'failed';
    }
  }

  private remoteFirst(
    algorithm: GatewayConfig['algorithm'],
    { host, port }: NonNullable<GatewayConfig['powWorker']>,
    local: PowHasher,
  ): PowHasher {
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host, port } });
    return new FallbackHasher(new RemoteHasher(client, algorithm), local, (failure) => {
      if (failure === undefined) this.report('info', 'the pow-worker answers again');
      else
        this.report(
          'warn',
          `the pow-worker does not answer (${failure}): shares are checked in this process`,
        );
    });
  }

  private report(level: 'info' | 'warn', text: string): void {
    this.events.emit({ type: 'evaluator', level, text });
  }
}
