/** A conflux-rust node as a source of work: jobs and submits over its stratum port, health and blocks over its RPC. */
import { Subject } from 'rxjs';
import type {
  BlockLocation,
  Candidate,
  ConfluxShare,
  ConfluxWork,
  Hash32,
  Outcome,
  SourceHealth,
  SourceNotice,
  WorkSource,
} from '#libs/mining';
import { isHeight, type NotifiedJob } from '#libs/stratum';
import { BlockLocator } from './block-locator.js';
import { ConfluxRpc } from './conflux-rpc.js';
import { StratumLink, type LinkEvent, type LinkOptions, type SubmitAnswer } from './stratum-link.js';
import { upstreamName, type UpstreamAddress } from './upstream-address.js';

export interface SourceOptions {
  /** Who must have mined a located block, `0x` and 40 lower-case digits; undefined accepts every author. */
  readonly author?: string | undefined;
  readonly link?: Partial<LinkOptions>;
  readonly healthPollMs?: number;
}

/** Our name towards the node. It shows in the node's log only. */
const WORKER = 'conflux-solo-bridge';
const DEFAULT_HEALTH_POLL_MS = 2000;
const NORMAL_PHASE = 'NormalSyncPhase';

export class ConfluxSource implements WorkSource<ConfluxWork, ConfluxShare> {
  readonly name: string;
  readonly work$ = new Subject<ConfluxWork>();
  readonly notices$ = new Subject<SourceNotice>();
  private readonly link: StratumLink;
  private readonly rpc: ConfluxRpc | undefined;
  private readonly locator: BlockLocator | undefined;
  private readonly pollMs: number;
  private node: SourceHealth['node'] = 'unknown';
  private lastWorkAt: number | undefined;
  private unreadable = false;
  private trouble: 'silent' | 'no-height' | undefined;
  private newest: NotifiedJob | undefined;
  private running = false;
  private poll: NodeJS.Timeout | undefined;

  constructor(address: UpstreamAddress, options: SourceOptions = {}) {
    const { host, port, password, rpcUrl } = address;
    this.name = upstreamName(address);
    this.link = new StratumLink({ host, port, password, worker: WORKER, ...options.link });
    this.rpc = rpcUrl === undefined ? undefined : new ConfluxRpc(rpcUrl);
    this.locator = this.rpc && new BlockLocator(this.rpc, { author: options.author });
    this.pollMs = options.healthPollMs ?? DEFAULT_HEALTH_POLL_MS;
  }

  get health(): SourceHealth {
    return { link: this.link.isUp ? 'up' : 'down', node: this.node, lastWorkAt: this.lastWorkAt };
  }

  start(): void {
    this.running = true;
    this.link.events$.subscribe((event) => this.onLinkEvent(event));
    this.link.start();
    if (this.rpc) void this.watchNode(this.rpc);
  }

  stop(): Promise<void> {
    this.running = false;
    clearTimeout(this.poll);
    this.link.stop();
    this.rpc?.close();
    return Promise.resolve();
  }

  async submit({ work, share }: Candidate<ConfluxWork, ConfluxShare>): Promise<Outcome> {
    return outcomeOf(await this.link.submit(work.headerHash, work.sourceJobId, share.nonce));
  }

  locate(
    { work, share }: Candidate<ConfluxWork, ConfluxShare>,
    signal: AbortSignal,
  ): Promise<BlockLocation | 'missing' | undefined> {
    const wanted = { headerHash: work.headerHash, nonce: share.nonce, height: work.height };
    return this.locator?.locate(wanted, signal) ?? Promise.resolve(undefined);
  }

  private onLinkEvent(event: LinkEvent): void {
    switch (event.kind) {
      case 'job':
        void this.onJob(event.job);
        break;
      case 'up':
        this.unreadable = false;
        if (this.trouble !== 'silent') this.notice('info', 'connected, waiting for jobs');
        break;
      case 'down':
        // What it sent before may be outdated when it is back: it is fresh again with its next job.
        this.lastWorkAt = undefined;
        // A silent node is reconnected to every minute; that was said once.
        if (!event.silence) this.notice('warn', `not connected (${event.reason}), trying again`);
        break;
      case 'silent':
        this.jobTrouble(
          'silent',
          `no job for ${event.forMs / 1000} s: is the node in sync? Reconnecting until one comes`,
        );
        break;
      case 'unreadable':
        if (this.unreadable) return;
        this.unreadable = true;
        this.notice('warn', `sent a line that cannot be read: ${event.line.slice(0, 200)}`);
    }
  }

  /** Says what is wrong with the jobs when that begins; the next good job says that it is over. */
  private jobTrouble(trouble: NonNullable<typeof this.trouble>, text: string): void {
    if (this.trouble !== trouble) this.notice('warn', text);
    this.trouble = trouble;
  }

  private async onJob(job: NotifiedJob): Promise<void> {
    this.newest = job;
    const height = job.height ?? (await this.nextHeight());
    // While a height was looked up, a newer job may have come: the older must not become current after it.
    if (job !== this.newest) return;
    if (height === undefined) {
      this.jobTrouble(
        'no-height',
        'sends jobs without a height and its RPC does not tell one: they are not used',
      );
      return;
    }
    if (this.trouble) this.notice('info', 'sends usable jobs again');
    this.trouble = undefined;
    const receivedAt = Date.now();
    this.lastWorkAt = receivedAt;
    this.work$.next({
      key: job.headerHash,
      lineage: `${this.name}/${height}`,
      source: this.name,
      height,
      networkTarget: job.boundary,
      receivedAt,
      headerHash: job.headerHash as Hash32,
      sourceJobId: job.jobId,
    });
  }

  private async nextHeight(): Promise<number | undefined> {
    const epoch = await this.rpc?.latestEpoch().catch(() => undefined);
    return epoch === undefined || !isHeight(epoch + 1) ? undefined : epoch + 1;
  }

  private async watchNode(rpc: ConfluxRpc): Promise<void> {
    const node = await rpc.syncPhase().then(
      (phase) => (phase === undefined ? 'unknown' : phase === NORMAL_PHASE ? 'synced' : 'catching-up'),
      () => 'unreachable' as const,
    );
    if (!this.running) return;
    if (node !== this.node) this.notice(...NODE_NOTICES[node]);
    this.node = node;
    this.poll = setTimeout(() => void this.watchNode(rpc), this.pollMs);
  }

  private notice(level: SourceNotice['level'], text: string): void {
    this.notices$.next({ level, text });
  }
}

const NODE_NOTICES: Record<SourceHealth['node'], [SourceNotice['level'], string]> = {
  synced: ['info', 'the node is in sync'],
  'catching-up': ['warn', 'the node is catching up: it makes no usable jobs until it is in sync'],
  unreachable: ['warn', "the node's RPC does not answer: blocks cannot be located"],
  unknown: ['info', "the node's RPC does not tell its sync phase; point rpc= at its local port to see it"],
};

/** conflux-rust's texts are its only error codes. */
function outcomeOf(answer: SubmitAnswer): Outcome {
  if (answer.kind === 'lost') return { kind: 'unknown', reason: answer.reason };
  if (answer.accepted) return { kind: 'accepted' };
  const { reason = '' } = answer;
  if (reason.startsWith('Problem already solved')) return { kind: 'duplicate' };
  if (reason.startsWith('Solution for a stale job')) return { kind: 'rejected', reason: 'stale' };
  if (reason.startsWith('Incorrect Nonce')) return { kind: 'rejected', reason: 'invalid' };
  return { kind: 'rejected', reason: 'malformed' };
}
