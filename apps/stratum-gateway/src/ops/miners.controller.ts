/** What the gateway knows of its miners, for operators with curl. Numbers of shares, hashes per second, expected blocks. */
import { Controller, DefaultValuePipe, Get, Header, ParseIntPipe, Query } from '@nestjs/common';
import { MinerBook, type MiningRecord } from '../miners/miner-book.js';
import { steadyNow } from '../clock.js';

/** Ten thousand at once would hold up the miners for 60 to 90 ms. */
const MAX_PAGE = 500;

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
  workers(
    @Query('offset', new DefaultValuePipe(0), ParseIntPipe) offset: number,
    @Query('limit', new DefaultValuePipe(MAX_PAGE), ParseIntPipe) limit: number,
  ): object[] {
    return page(this.book.workers.values(), offset, limit).map(({ name, sessions, record, goneAt }) => ({
      name,
      sessions: [...sessions],
      goneAt: timeOf(goneAt),
      ...report(record),
    }));
  }

  @Get('sessions')
  @Header('cache-control', 'no-store')
  sessions(
    @Query('offset', new DefaultValuePipe(0), ParseIntPipe) offset: number,
    @Query('limit', new DefaultValuePipe(MAX_PAGE), ParseIntPipe) limit: number,
  ): object[] {
    return page(this.book.sessions.values(), offset, limit).map(({ id, remote, workers, record }) => ({
      id,
      remote,
      workers: [...workers],
      ...report(record),
    }));
  }
}

function report({ since, difficulty, tally, hashrate }: MiningRecord): object {
  const { oneMinute, tenMinutes, day } = hashrate.read(steadyNow());
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

/** `?offset=500&limit=500`; 500 at most. */
function page<Entry>(entries: Iterable<Entry>, offset: number, limit: number): Entry[] {
  const from = Math.max(0, offset);
  return [...entries].slice(from, from + Math.min(Math.max(0, limit), MAX_PAGE));
}
