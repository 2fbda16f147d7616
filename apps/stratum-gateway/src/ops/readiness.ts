/** Whether this gateway is worth a miner's time right now, and if not, why. */
import { Injectable } from '@nestjs/common';
import type { SourceHealth } from '#libs/mining';
import { PowService } from '../evaluator/pow-service.js';
import { StratumPorts } from '../listener/stratum-ports.js';
import { isUsable, Upstreams } from '../upstreams/upstreams.js';

export interface Check {
  readonly ok: boolean;
  readonly detail: string;
}

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<'listener' | 'node' | 'job' | 'evaluator', Check>>;
  readonly upstreams: readonly {
    readonly name: string;
    readonly active: boolean;
    readonly link: SourceHealth['link'];
    readonly node: SourceHealth['node'];
    /** ISO 8601, null before the first. */
    readonly lastWorkAt: string | null;
  }[];
}

@Injectable()
export class Readiness {
  constructor(
    private readonly listener: StratumPorts,
    private readonly upstreams: Upstreams,
    private readonly pow: PowService,
  ) {}

  report(): ReadinessReport {
    const checks = {
      listener: this.listener.isListening
        ? { ok: true, detail: `miners: ${this.listener.minerCount}` }
        : { ok: false, detail: 'not listening for miners' },
      node: this.node(),
      job: this.job(),
      evaluator: { ok: this.pow.state === 'ready', detail: `${this.pow.state}; ${this.pow.detail}` },
    };
    return {
      ready: Object.values(checks).every(({ ok }) => ok),
      checks,
      upstreams: this.upstreams.sources.map((source) => {
        const { link, node, lastWorkAt } = source.health;
        return {
          name: source.name,
          active: source === this.upstreams.active,
          link,
          node,
          lastWorkAt: lastWorkAt === undefined ? null : new Date(lastWorkAt).toISOString(),
        };
      }),
    };
  }

  private node(): Check {
    const source = this.upstreams.active ?? this.upstreams.sources[0];
    const node = source?.health.node ?? 'unknown';
    return { ok: node === 'synced' || node === 'unknown', detail: `${source?.name ?? 'none'}: ${node}` };
  }

  private job(): Check {
    const source = this.upstreams.active;
    if (!source) return { ok: false, detail: 'no node has sent a job yet' };
    const { lastWorkAt } = source.health;
    if (lastWorkAt === undefined)
      return { ok: false, detail: `${source.name} sent no job since its link broke` };
    const ageSeconds = Math.round((Date.now() - lastWorkAt) / 1000);
    const detail = `newest job of ${source.name} is ${ageSeconds} s old, link ${source.health.link}`;
    return { ok: isUsable(source), detail };
  }
}
