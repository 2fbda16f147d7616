/** The worker's numbers in Prometheus' text format. What the engine counts is read when somebody asks. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PowEngine } from '#libs/octopus';
import type { HashRate } from './hash-rate.js';
import type { Intake } from './intake.js';

const OUTCOMES = ['answered', 'busy', 'late', 'failed', 'malformed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Seconds. A hash takes some tenths of a millisecond to some milliseconds; gateways wait 80 ms. */
const BUCKETS = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128];

export class WorkerMetrics {
  readonly contentType: string;
  private readonly registry = new Registry();
  private readonly registers = [this.registry];
  private readonly requests = new Counter({
    name: 'pow_requests_total',
    help: 'Requests for a hash by outcome: answered, busy (refused at once), late, failed, malformed.',
    labelNames: ['outcome'],
    registers: this.registers,
  });
  private readonly seconds = new Histogram({
    name: 'pow_request_seconds',
    help: 'Seconds from the receipt of a request for a hash to its answer.',
    buckets: BUCKETS,
    registers: this.registers,
  });

  constructor(
    engine: PowEngine,
    intake: Intake,
    private readonly rate: HashRate,
  ) {
    this.contentType = this.registry.contentType;
    for (const outcome of OUTCOMES) this.requests.inc({ outcome }, 0);
    this.gauge('pow_queue_depth', 'Hashes that wait for a thread.', () => engine.stats().queued);
    this.gauge('pow_in_flight', 'Hashes taken on and not finished.', () => intake.inFlight);
    this.gauge('pow_in_flight_limit', 'Requests beyond this are answered busy.', () => intake.maxInFlight);
    this.gauge('pow_hash_rate', 'Hashes per second over the last 10 s.', () => this.hashesPerSecond);
    this.gauge('pow_threads', 'Threads that hash.', () => engine.stats().threads);
    this.gauge('pow_light_cache_bytes', 'Bytes of all light caches.', () => engine.stats().cacheBytes);
    this.hashes(engine);
    this.stages(engine);
  }

  get hashesPerSecond(): number {
    return this.rate.perSecond;
  }

  /** milliseconds: from receipt to answer. */
  observe(outcome: Outcome, milliseconds?: number): void {
    this.requests.inc({ outcome });
    if (milliseconds !== undefined) this.seconds.observe(milliseconds / 1000);
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  private gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: this.registers,
      collect: () => gauge.set(read()),
    });
  }

  private hashes(engine: PowEngine): void {
    const counter: Counter = new Counter({
      name: 'pow_hashes_total',
      help: 'Hashes computed since the start.',
      registers: this.registers,
      collect: () => {
        counter.reset();
        counter.inc(engine.stats().hashes);
      },
    });
  }

  private stages(engine: PowEngine): void {
    const gauge: Gauge<'stage' | 'state'> = new Gauge({
      name: 'pow_stage',
      help: '1 for each stage whose light cache is there (ready) or under construction (building).',
      labelNames: ['stage', 'state'],
      registers: this.registers,
      collect: () => {
        gauge.reset();
        const { stages, building } = engine.stats();
        for (const stage of stages) gauge.set({ stage, state: 'ready' }, 1);
        for (const stage of building) gauge.set({ stage, state: 'building' }, 1);
      },
    });
  }
}
