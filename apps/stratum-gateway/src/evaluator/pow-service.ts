/** The gateway's proof of work: opens the hasher that the configuration asks for and keeps it ready for the current stage. */
import type { PowHasher } from '#libs/contracts';
import type { ConfluxShare, ConfluxWork, ShareEvaluator } from '#libs/mining';
import { openPow, stageOf } from '#libs/octopus';
import { formatHostPort } from '#libs/settings';
import type { GatewayEvents } from '../events.js';
import type { WorkFeed } from '../listener/stratum-listener.js';
import type { GatewayConfig, PowWorkers } from '../settings.js';
import { ConfluxEvaluator } from './conflux-evaluator.js';
import { PoolWorker } from './pool-worker.js';
import { natsClient, tcpClient } from './worker-clients.js';
import { WorkerPool } from './worker-pool.js';

export type PowState = 'cold' | 'warming' | 'ready' | 'failed';

export class PowService {
  readonly evaluator: ShareEvaluator<ConfluxWork, ConfluxShare>;
  private readonly hasher: PowHasher;
  private readonly pool: WorkerPool | undefined;
  private readonly engine: string;
  private readonly degraded: string | undefined;
  private stage: number | undefined;
  /** Reported once. */
  private failedStage: number | undefined;
  private currentState: PowState = 'cold';

  constructor(
    private readonly config: Pick<GatewayConfig, 'algorithm' | 'powWorkers' | 'engine'>,
    private readonly events: GatewayEvents,
  ) {
    const { engine, fallbackReason } = openPow(config.algorithm, config.engine);
    this.engine = engine.stats().isa;
    this.degraded = fallbackReason;
    this.pool = config.powWorkers && new WorkerPool(this.open(config.powWorkers), engine);
    this.hasher = this.pool ?? engine;
    this.evaluator = new ConfluxEvaluator(config.algorithm, this.hasher);
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
    if (!this.pool) return here;
    const { up, size } = this.pool;
    if (this.config.powWorkers?.transport === 'nats')
      return up > 0 ? 'in the pow-workers behind NATS' : `${here}, no pow-worker answers behind NATS`;
    return up > 0 ? `in ${up} of ${size} pow-workers` : `${here}, 0 of ${size} pow-workers answer`;
  }

  /** Prepares each stage with its first job, so that no share waits for a light cache. */
  start(feed: Pick<WorkFeed, 'onWork'>): void {
    const workers = this.config.powWorkers
      ? `, and in pow-workers at ${addressOf(this.config.powWorkers)}`
      : '';
    this.report('info', `shares are checked in this process (${this.engine})${workers}`);
    if (this.degraded !== undefined)
      this.report('warn', `hashing is slower than it might be: ${this.degraded}`);
    feed.onWork(({ height }) => void this.prepare(height));
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

  private open(workers: PowWorkers): PoolWorker[] {
    const { algorithm } = this.config;
    const places =
      workers.transport === 'nats'
        ? [{ name: workers.nats.name, client: natsClient(workers.nats), isGroup: true }]
        : workers.addresses.map((address) => ({
            name: formatHostPort(address),
            client: tcpClient(address),
            isGroup: false,
          }));
    return places.map(
      (place) =>
        new PoolWorker({
          ...place,
          algorithm,
          onChange: (failure) => this.reportWorker(place.name, failure),
        }),
    );
  }

  private reportWorker(name: string, failure: string | undefined): void {
    const now = `shares are checked ${this.where}`;
    if (failure === undefined) this.report('info', `pow-worker ${name} answers: ${now}`);
    else this.report('warn', `pow-worker ${name} does not answer (${failure}): ${now}`);
  }

  private report(level: 'info' | 'warn', text: string): void {
    this.events.emit({ type: 'evaluator', level, text });
  }
}

function addressOf(workers: PowWorkers): string {
  return workers.transport === 'nats' ? workers.nats.name : workers.addresses.map(formatHostPort).join(', ');
}
