/** What the gateway knows of its miners, for operators with curl. Numbers of shares, hashes per second, expected blocks. */
import { Controller, Get, Header } from '@nestjs/common';
import { MinerBook, type MiningRecord } from '../miners/miner-book.js';

@Controller('api/v1')
export class MinersController {
  constructor(private readonly book: MinerBook) {}

  /** The farm as a whole. */
  @Get('miners')
  @Header('cache-control', 'no-store')
  total(): object {
    const { sessions, workers, total } = this.book;
    return { sessions: sessions.size, workers: workers.size, ...report(total) };
  }

  @Get('workers')
  @Header('cache-control', 'no-store')
  workers(): object[] {
    return [...this.book.workers.values()].map(({ name, sessions, record, goneAt }) => ({
      name,
      sessions: [...sessions],
      goneAt: timeOf(goneAt),
      ...report(record),
    }));
  }

  @Get('sessions')
  @Header('cache-control', 'no-store')
  sessions(): object[] {
    return [...this.book.sessions.values()].map(({ id, remote, workers, record }) => ({
      id,
      remote,
      workers: [...workers],
      ...report(record),
    }));
  }
}

function report({ since, difficulty, tally, hashrate }: MiningRecord): object {
  const { oneMinute, tenMinutes, day } = hashrate.read(Date.now());
  return {
    since: timeOf(since),
    /** Of the last accepted share's job. */
    shareDifficulty: difficulty ?? null,
    hashrate: { '1m': oneMinute, '10m': tenMinutes, '24h': day },
    shares: tally.counts,
    blocks: tally.blocks,
    bestShareDifficulty: tally.best,
    effort: tally.effort,
    lastShareAt: timeOf(tally.lastShareAt),
  };
}

const timeOf = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();
