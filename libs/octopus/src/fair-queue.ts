/**
 * Lets callers take turns: a bounded number of tasks runs at a time, and a caller with a thousand waiting tasks delays
 * another's single one by one task, not by a thousand. How many tasks a caller may have waiting is the caller's bound.
 */
export class FairQueue {
  /** Callers with waiting tasks, in the order of their turns. */
  private readonly waiting = new Map<unknown, (() => void)[]>();
  private count = 0;
  private runningCount = 0;

  /** `concurrency` is asked before each start. */
  constructor(private readonly concurrency: () => number) {}

  /** Tasks that wait for their turn. */
  get queued(): number {
    return this.count;
  }

  get running(): number {
    return this.runningCount;
  }

  /** Resolves or rejects as the task does, once the caller's turn has come. */
  run<T>(caller: unknown, task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.count++;
      const start = (): void => {
        this.count--;
        this.runningCount++;
        task()
          .then(resolve, reject)
          .finally(() => {
            this.runningCount--;
            this.next();
          });
      };
      const tasks = this.waiting.get(caller);
      if (tasks) tasks.push(start);
      else this.waiting.set(caller, [start]);
      this.next();
    });
  }

  private next(): void {
    while (this.runningCount < this.concurrency()) {
      const [turn] = this.waiting;
      if (!turn) return;
      const [caller, tasks] = turn;
      const start = tasks.shift();
      this.waiting.delete(caller);
      if (tasks.length > 0) this.waiting.set(caller, tasks);
      start?.();
    }
  }
}
