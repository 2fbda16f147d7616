// Entry of the TypeScript engine's worker threads: answers one task after another, keeps nothing between them.
import { parentPort } from 'node:worker_threads';
import type { SearchSlice } from './engine.js';
import { octopusHash } from './reference/hash.js';
import { buildLightCache, type LightCache } from './reference/light-cache.js';

export interface Tasks {
  build: { request: { stage: number }; result: LightCache };
  hash: { request: { cache: LightCache; headerHash: Uint8Array; nonce: bigint }; result: Uint8Array };
  search: {
    request: { cache: LightCache; slice: SearchSlice };
    result: { index: number; hash: Uint8Array } | undefined;
  };
}
export type TaskName = keyof Tasks;

export type TaskMessage = {
  [Name in TaskName]: { readonly id: number; readonly name: Name; readonly request: Tasks[Name]['request'] };
}[TaskName];

export type TaskReply =
  | { readonly id: number; readonly result: Tasks[TaskName]['result'] }
  | { readonly id: number; readonly error: Error };

parentPort?.on('message', (message: TaskMessage) => parentPort?.postMessage(answer(message)));

function answer(message: TaskMessage): TaskReply {
  const { id } = message;
  try {
    return { id, result: perform(message) };
  } catch (error) {
    return { id, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function perform(message: TaskMessage): Tasks[TaskName]['result'] {
  switch (message.name) {
    case 'build':
      return buildLightCache(message.request.stage);
    case 'hash':
      return octopusHash(message.request.cache, message.request.headerHash, message.request.nonce);
    case 'search':
      return search(message.request.cache, message.request.slice);
  }
}

function search(cache: LightCache, slice: SearchSlice): Tasks['search']['result'] {
  for (let index = 0; index < slice.count; index++) {
    const nonce = BigInt.asUintN(64, slice.start + BigInt(index));
    const hash = octopusHash(cache, slice.headerHash, nonce);
    if (Buffer.compare(hash, slice.limit) <= 0) return { index, hash };
  }
  return undefined;
}
