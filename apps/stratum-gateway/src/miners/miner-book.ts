/**
 * Who mines here and how well: statistics per session and per worker name, made from the gateway's events. It only
 * observes. A worker outlives its sessions; of those that are gone, the one gone longest is forgotten first.
 */
import { difficultyNumber, HashrateMeter, ShareTally, type ConfluxWork, type Judgement } from '#libs/mining';
import type { GatewayEvent, GatewayEvents } from '../events.js';
import { MAX_NAMES } from '../limits.js';
import { IdenticalWork } from './identical-work.js';
import { steadyNow } from '../clock.js';

/** What is counted for a worker, a session and the whole gateway alike. */
export class MiningRecord {
  readonly tally = new ShareTally();
  readonly hashrate: HashrateMeter;
  difficulty: number | undefined;

  constructor(readonly since: number) {
    this.hashrate = new HashrateMeter(since);
  }

  count({ verdict, job, value, solved }: Judgement<ConfluxWork>, now: number): void {
    if (!job || value === undefined) {
      this.tally.count(verdict, now);
      return;
    }
    const difficulty = difficultyNumber(job.target);
    const networkDifficulty = difficultyNumber(job.work.networkTarget);
    const best = difficultyNumber(value + 1n);
    this.tally.count(verdict, now, { difficulty, networkDifficulty, best, solved });
    this.difficulty = difficulty;
    if (verdict.kind === 'accepted') this.hashrate.add(difficulty, now);
  }
}

export interface SessionEntry {
  readonly id: number;
  readonly remote: string;
  readonly workers: Set<string>;
  readonly record: MiningRecord;
}

export interface WorkerEntry {
  readonly name: string;
  readonly sessions: Set<number>;
  readonly record: MiningRecord;
  /** When its last session ended; undefined while one is open. */
  goneAt: number | undefined;
}

export class MinerBook {
  readonly total: MiningRecord;
  readonly sessions = new Map<number, SessionEntry>();
  readonly workers = new Map<string, WorkerEntry>();
  /** Those of `workers` that are gone, the one gone longest first. */
  private readonly gone = new Set<string>();
  private readonly identical = new IdenticalWork();

  constructor(
    private readonly events: GatewayEvents,
    private readonly keptWorkers: number,
  ) {
    this.total = new MiningRecord(steadyNow());
    events.stream$.subscribe((event) => this.onEvent(event, steadyNow()));
  }

  private onEvent(event: GatewayEvent, now: number): void {
    switch (event.type) {
      case 'worker':
        this.join(event.session, event.remote, event.worker, now);
        break;
      case 'miner-gone':
        this.leave(event.session, now);
        break;
      case 'share':
        this.count(event.session, event.worker, event.judgement, now);
        break;
      case 'same-hash':
        if (this.identical.seen(...event.miners, now)) {
          this.events.emit({ type: 'identical-work', miners: event.miners });
        }
    }
  }

  private join(id: number, remote: string, name: string, now: number): void {
    const session = this.sessions.get(id) ?? {
      id,
      remote,
      workers: new Set(),
      record: new MiningRecord(now),
    };
    this.sessions.set(id, session);
    if (!session.workers.has(name) && session.workers.size >= MAX_NAMES) return;
    session.workers.add(name);
    const worker = this.workers.get(name) ?? this.add(name, now);
    if (!worker) return;
    worker.sessions.add(id);
    worker.goneAt = undefined;
    this.gone.delete(name);
  }

  /** Undefined when every worker that may be kept is mining. */
  private add(name: string, now: number): WorkerEntry | undefined {
    if (this.workers.size >= this.keptWorkers) {
      const [longest] = this.gone;
      if (longest === undefined) return undefined;
      this.gone.delete(longest);
      this.workers.delete(longest);
    }
    const worker: WorkerEntry = {
      name,
      sessions: new Set(),
      record: new MiningRecord(now),
      goneAt: undefined,
    };
    this.workers.set(name, worker);
    return worker;
  }

  private leave(id: number, now: number): void {
    const session = this.sessions.get(id);
    if (!session) return;
    this.sessions.delete(id);
    for (const name of session.workers) {
      const worker = this.workers.get(name);
      worker?.sessions.delete(id);
      if (worker?.sessions.size !== 0) continue;
      worker.goneAt = now;
      this.gone.add(name);
    }
  }

  /** Under the name of the share where the session may use it, else under the one it gave last. */
  private count(id: number, name: string, judgement: Judgement<ConfluxWork>, now: number): void {
    this.total.count(judgement, now);
    const session = this.sessions.get(id);
    if (!session) {
      // Judged when its miner had left.
      this.workers.get(name)?.record.count(judgement, now);
      return;
    }
    session.record.count(judgement, now);
    const named = session.workers.has(name) ? name : [...session.workers].at(-1);
    this.workers.get(named ?? '')?.record.count(judgement, now);
  }
}
