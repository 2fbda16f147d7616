// What an operator can tell the engine. Every app that hashes has these settings.
import { availableParallelism } from 'node:os';
import { IsIn, Matches } from 'class-validator';
import { loadSettings, oneOf, Setting } from '#libs/settings';
import type { EngineOptions } from './engine.js';

const ISAS = ['auto', 'scalar', 'avx2', 'avx512', 'neon'] as const;

export class EngineSettings {
  @Setting({
    accepts: '1 to 256, or `auto`',
    about: 'Threads that hash; `auto` leaves one core to the rest.',
  })
  @Matches(/^(auto|[1-9]\d?|1\d\d|2[0-4]\d|25[0-6])$/)
  POW_THREADS = 'auto';

  @Setting({
    accepts: 'a folder, or nothing',
    about: 'Where light caches (35 MB each, three at most) are kept, so that a restart need not build them.',
  })
  OCTOPUS_CACHE_DIR = '';

  @Setting({
    accepts: oneOf(ISAS),
    about: 'Instruction set of the addon; `auto` takes the best that passes its self-test.',
  })
  @IsIn(ISAS)
  OCTOPUS_ISA = 'auto';
}

/** Throws SettingError with one line for the operator. */
export function readEngineOptions(env: NodeJS.ProcessEnv): EngineOptions {
  const settings = loadSettings(EngineSettings, env);
  const threads = settings.POW_THREADS;
  return {
    threads: threads === 'auto' ? defaultThreads() : Number(threads),
    cacheFolder: settings.OCTOPUS_CACHE_DIR,
    isa: settings.OCTOPUS_ISA === 'auto' ? '' : settings.OCTOPUS_ISA,
  };
}

/** One core stays free for sockets and whatever else the machine does. */
export function defaultThreads(): number {
  return Math.max(1, availableParallelism() - 1);
}
