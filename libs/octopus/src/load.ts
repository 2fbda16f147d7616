import { endianness } from 'node:os';
import { OctopusEngine, type EngineKind, type Kernel, type PowEngine } from './engine.js';
import { NativeKernel, openAddon, type NativeCache } from './native.js';
import { TypeScriptKernel } from './typescript.js';

export interface LoadOptions {
  /** 'auto' (the default) takes the addon, or TypeScript where the addon does not work. */
  readonly engine?: 'auto' | EngineKind;
}

export interface LoadedOctopus {
  readonly engine: PowEngine;
  /** Set when 'auto' fell back to TypeScript: why the addon does not work, for a log line. */
  readonly fallbackReason?: string;
}

/**
 * Loads an engine; each call makes one of its own, with its own caches. Throws Error when the engine asked for does
 * not work here: the addon is not built or fails its self-test, the compiled worker is missing, a big-endian host.
 */
export function loadOctopus(options: LoadOptions = {}): LoadedOctopus {
  return selectEngine(options.engine ?? 'auto', () => new NativeKernel(openAddon()));
}

/** `loadOctopus` with the native kernel's opening given. */
export function selectEngine(
  wanted: 'auto' | EngineKind,
  openNative: () => Kernel<NativeCache>,
): LoadedOctopus {
  if (endianness() !== 'LE') throw new Error('Octopus is implemented for little-endian hosts only');
  if (wanted === 'typescript') return { engine: new OctopusEngine(new TypeScriptKernel()) };
  try {
    return { engine: new OctopusEngine(openNative()) };
  } catch (error) {
    if (wanted === 'native') throw error;
    const fallbackReason = String(error instanceof Error ? error.message : error)
      .replaceAll(/\s+/g, ' ')
      .trim();
    return { engine: new OctopusEngine(new TypeScriptKernel()), fallbackReason };
  }
}
