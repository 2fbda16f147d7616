import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { readEngineOptions } from './settings.js';

describe('engine settings', () => {
  it('leave a core free, keep no files and let the addon choose', () => {
    const threads = Math.max(1, availableParallelism() - 1);
    expect(readEngineOptions({})).toEqual({ threads, cacheFolder: '', isa: '' });
  });

  it('read every value', () => {
    expect(readEngineOptions({ POW_THREADS: '256', OCTOPUS_CACHE_DIR: '/x', OCTOPUS_ISA: 'avx2' })).toEqual({
      threads: 256,
      cacheFolder: '/x',
      isa: 'avx2',
    });
  });

  it.each([
    [{ POW_THREADS: '0' }, 'POW_THREADS = 0'],
    [{ POW_THREADS: '257' }, 'POW_THREADS = 257'],
    [{ POW_THREADS: 'all' }, 'POW_THREADS = all'],
    [{ OCTOPUS_ISA: 'mmx' }, 'OCTOPUS_ISA = mmx'],
  ])('refuse %o', (env, text) => {
    expect(() => readEngineOptions(env)).toThrow(text);
  });
});
