// One worker thread that answers tasks in order. Started by the first task, again by the next one after it died.
import { Worker } from 'node:worker_threads';
import type { TaskName, TaskReply, Tasks } from './worker.js';

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class TaskThread {
  readonly #file: URL;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #lastId = 0;
  #stopped = false;

  constructor(file: URL) {
    this.#file = file;
  }

  /** Rejects with the task's own error, or with Error when the thread is stopped or dies before its answer. */
  async run<Name extends TaskName>(
    name: Name,
    request: Tasks[Name]['request'],
  ): Promise<Tasks[Name]['result']> {
    if (this.#stopped) throw new Error('the Octopus worker thread is stopped');
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject });
      // A thread with work to answer keeps the process alive, an idle one does not.
      worker.ref();
      worker.postMessage({ id, name, request });
    });
  }

  /** Ends the thread at once and for good; pending tasks reject. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // The process's own flags are not the thread's: an inherited --input-type would end it at once.
    const worker = new Worker(this.#file, { execArgv: [] });
    let reason = 'ended';
    worker.on('message', (reply: TaskReply) => this.#settle(worker, reply));
    worker.on(
      'error',
      (error) => (reason = `died: ${error instanceof Error ? error.message : String(error)}`),
    );
    worker.on('exit', () => {
      if (this.#worker === worker) this.#abandon(`the Octopus worker thread ${reason}`);
    });
    return worker;
  }

  #settle(worker: Worker, reply: TaskReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) worker.unref();
    if ('error' in reply) pending?.reject(reply.error);
    else pending?.resolve(reply.result);
  }

  #abandon(reason: string): void {
    this.#worker = undefined;
    const abandoned = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of abandoned) reject(new Error(reason));
  }
}
