import { endianness } from 'node:os';
import {
  DEFAULT_CACHE_BYTES,
  OctopusEngine,
  type EngineKind,
  type EngineOptions,
  type Kernel,
  type PowEngine,
} from './engine.js';
import { NativeKernel, openAddon, type NativeCache } from './native.js';
import { TypeScriptKernel } from './typescript.js';

export interface LoadOptions extends EngineOptions {
  /** 'auto' (the default) takes the addon, or TypeScript where the addon does not work. */
  readonly engine?: 'auto' | EngineKind;
}

export interface LoadedOctopus {
  readonly engine: PowEngine;
  /** Why hashes are slower than they might be, for a log line: no addon, or a code path that failed its self-test. */
  readonly fallbackReason?: string;
}

/**
 * Loads an engine; each call makes one of its own, with its own caches and threads. Throws Error when the engine or
 * instruction set asked for does not work here: the addon is not built or fails its self-test, the compiled worker is
 * missing, a big-endian host.
 */
export function loadOctopus(options: LoadOptions = {}): LoadedOctopus {
  return selectEngine(options, () => new NativeKernel(openAddon(), options));
}

/** `loadOctopus` with the native kernel's opening given. */
export function selectEngine(
  { engine: wanted = 'auto', isa = '', maxCacheBytes = DEFAULT_CACHE_BYTES }: LoadOptions,
  openNative: () => Kernel<NativeCache> & { readonly problem: string },
): LoadedOctopus {
  if (endianness() !== 'LE') throw new Error('Octopus is implemented for little-endian hosts only');
  const typescript = (): PowEngine => new OctopusEngine(new TypeScriptKernel(), maxCacheBytes);
  if (wanted === 'typescript') return { engine: typescript() };
  try {
    const kernel = openNative();
    return {
      engine: new OctopusEngine(kernel, maxCacheBytes),
      ...(kernel.problem !== '' && { fallbackReason: kernel.problem }),
    };
  } catch (error) {
    if (wanted === 'native' || isa !== '') throw error;
    const fallbackReason = String(error instanceof Error ? error.message : error)
      .replaceAll(/\s+/g, ' ')
      .trim();
    return { engine: typescript(), fallbackReason };
  }
}
