/**
 * Lets callers take turns: a bounded number of tasks runs at a time, and a caller with a thousand waiting tasks delays
 * another's single one by one task, not by a thousand. How many tasks a caller may have waiting is the caller's bound.
 */
export class FairQueue {
  /** Callers with waiting tasks, in the order of their turns. */
  private readonly waiting = new Map<object, (() => void)[]>();
  private running = 0;

  constructor(private readonly concurrency: number) {}

  /** Resolves or rejects as the task does, once the caller's turn has come. */
  run<T>(caller: object, task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        this.running++;
        task()
          .then(resolve, reject)
          .finally(() => {
            this.running--;
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
    while (this.running < this.concurrency) {
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
