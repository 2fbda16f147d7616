import type { Response } from 'express';
import { describe, expect, it } from 'vitest';
import type { EngineStats, PowEngine } from '#libs/octopus';
import { HashRate } from './hash-rate.js';
import { Intake } from './intake.js';
import { WorkerMetrics } from './metrics.js';
import { OpsController, Reach } from './ops.controller.js';

function opsFor(over: Partial<EngineStats>) {
  const stats: EngineStats = {
    isa: 'avx2',
    threads: 4,
    queued: 3,
    running: 4,
    hashes: 1000,
    threadHashes: [250, 250, 250, 250],
    stages: [292],
    building: [293],
    cacheBytes: 36_000_000,
    ...over,
  };
  const engine = { stats: () => stats } as PowEngine;
  const intake = new Intake(engine);
  const metrics = new WorkerMetrics(engine, intake, new HashRate(() => stats.hashes));
  const reach = new Reach();
  const ops = new OpsController('octopus', engine, intake, metrics, reach);
  const ask = () => {
    let status = 0;
    const response = { status: (code: number) => (status = code) } as unknown as Response;
    return { report: ops.health(response), status };
  };
  return { ask, reach, metrics };
}

describe('health', () => {
  it('reports what the engine says', () => {
    const { status, report } = opsFor({}).ask();
    expect(status).toBe(200);
    expect(report).toMatchObject({
      state: 'ready',
      algorithm: 'octopus',
      isa: 'avx2',
      threads: 4,
      queueDepth: 3,
      inFlight: 0,
      maxInFlight: 128,
      hashesPerSecond: 0,
      stages: { ready: [292], building: [293] },
      cacheBytes: 36_000_000,
    });
    expect(report.uptimeSeconds).toBeGreaterThanOrEqual(0);
  });

  it('is 503 before the first light cache, and while gateways cannot reach it', () => {
    const { ask, reach } = opsFor({ stages: [] });
    expect(ask()).toMatchObject({ status: 503, report: { state: 'preparing' } });
    reach.connected = false;
    expect(ask()).toMatchObject({ status: 503, report: { state: 'disconnected' } });
  });

  it('is 200 when nobody has asked for a stage yet', () => {
    expect(opsFor({ stages: [], building: [] }).ask()).toMatchObject({ status: 200 });
  });
});

it('metrics have names with units, and zeros for what has not happened', async () => {
  const { metrics } = opsFor({});
  metrics.observe('answered', 3);
  metrics.observe('malformed');
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    'pow_requests_total{outcome="answered"} 1',
    'pow_requests_total{outcome="malformed"} 1',
    'pow_requests_total{outcome="late"} 0',
    'pow_request_seconds_bucket{le="0.002"} 0',
    'pow_request_seconds_bucket{le="0.004"} 1',
    'pow_queue_depth 3',
    'pow_in_flight 0',
    'pow_in_flight_limit 128',
    'pow_hashes_total 1000',
    'pow_hash_rate 0',
    'pow_threads 4',
    'pow_stage{stage="292",state="ready"} 1',
    'pow_stage{stage="293",state="building"} 1',
    'pow_light_cache_bytes 36000000',
  ])
    expect(lines).toContain(line);
});
