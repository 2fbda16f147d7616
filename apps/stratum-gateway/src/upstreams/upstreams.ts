/**
 * The nodes that the gateway mines on. All links stay up; one node is active and its work goes to the miners. A
 * candidate always goes back to the node that made its job, active or not.
 */
import type { Subscription } from 'rxjs';
import type {
  BlockLocation,
  ConfluxShare,
  ConfluxWork,
  JobRegistry,
  Outcome,
  WorkSource,
} from '#libs/mining';
import type { ConfluxCandidate, GatewayEvents } from '../events.js';
import { FRESH_JOB_MS, UPSTREAM_CHECK_MS } from '../limits.js';
import type { WorkFeed } from '../listener/stratum-listener.js';

export type ConfluxWorkSource = WorkSource<ConfluxWork, ConfluxShare>;

export class Upstreams implements WorkFeed {
  private readonly listeners: ((work: ConfluxWork) => void)[] = [];
  private readonly newest = new Map<string, ConfluxWork>();
  private readonly subscriptions: Subscription[] = [];
  private activeSource: ConfluxWorkSource | undefined;
  private check: NodeJS.Timeout | undefined;

  /** `sources` in order of preference. */
  constructor(
    readonly sources: readonly ConfluxWorkSource[],
    readonly jobs: JobRegistry<ConfluxWork>,
    private readonly events: GatewayEvents,
  ) {}

  get active(): ConfluxWorkSource | undefined {
    return this.activeSource;
  }

  onWork(listener: (work: ConfluxWork) => void): void {
    this.listeners.push(listener);
  }

  start(): void {
    for (const source of this.sources) {
      this.subscriptions.push(
        source.notices$.subscribe((notice) =>
          this.events.emit({ type: 'source', source: source.name, notice }),
        ),
        source.work$.subscribe((work) => this.onSourceWork(source, work)),
      );
      source.start();
    }
    this.check = setInterval(() => this.chooseSource(), UPSTREAM_CHECK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.check);
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    await Promise.all(this.sources.map((source) => source.stop()));
  }

  submit(candidate: ConfluxCandidate): Promise<Outcome> {
    return this.sourceOf(candidate).submit(candidate);
  }

  locate(candidate: ConfluxCandidate, signal: AbortSignal): Promise<BlockLocation | 'missing' | undefined> {
    return this.sourceOf(candidate).locate(candidate, signal);
  }

  private sourceOf({ work }: ConfluxCandidate): ConfluxWorkSource {
    const source = this.sources.find(({ name }) => name === work.source);
    if (!source) throw new Error(`no source is called ${work.source}`);
    return source;
  }

  private onSourceWork(source: ConfluxWorkSource, work: ConfluxWork): void {
    this.newest.set(source.name, work);
    this.chooseSource();
    if (source === this.activeSource) this.handOut(work);
  }

  /** The first source with a link and a fresh job. While none has, miners keep what they have. */
  private chooseSource(): void {
    const chosen = this.sources.find(isUsable);
    if (!chosen || chosen === this.activeSource) return;
    this.activeSource = chosen;
    this.events.emit({ type: 'upstream-switched', to: chosen.name });
    const work = this.newest.get(chosen.name);
    if (work) this.handOut(work);
  }

  private handOut(work: ConfluxWork): void {
    if (!this.jobs.add(work)) return;
    // The registry's own, where it knows the work already.
    const { current = work } = this.jobs;
    for (const listener of this.listeners) listener(current);
  }
}

/** Whether miners should work for the source now. */
export function isUsable({ health }: ConfluxWorkSource): boolean {
  const fresh = health.lastWorkAt !== undefined && Date.now() - health.lastWorkAt <= FRESH_JOB_MS;
  return health.link === 'up' && health.node !== 'catching-up' && fresh;
}
