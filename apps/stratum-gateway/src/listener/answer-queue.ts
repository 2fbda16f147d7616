/** The answers of one connection: they leave in the order of its requests, however long a share takes to be judged. */

/** A line of answers that waits for its turn; `text` is missing while shares in it are judged. */
interface Slot {
  text: string | undefined;
  /** What happens once it is written. */
  readonly then: (() => void) | undefined;
}

export class AnswerQueue {
  private readonly slots: Slot[] = [];

  constructor(private readonly write: (text: string) => void) {}

  get waiting(): number {
    return this.slots.length;
  }

  /** Nothing is written for an empty text: `then` takes its turn. */
  add(text: string, then?: () => void): void {
    this.slots.push({ text, then });
    this.flush();
  }

  /** Resolves when the text is made; it is written then, unless others have to go before it. */
  async addLater(make: () => Promise<string>): Promise<void> {
    const slot: Slot = { text: undefined, then: undefined };
    this.slots.push(slot);
    slot.text = await make();
    this.flush();
  }

  private flush(): void {
    for (let slot = this.slots[0]; slot?.text !== undefined; slot = this.slots[0]) {
      this.slots.shift();
      if (slot.text !== '') this.write(slot.text);
      slot.then?.();
    }
  }
}
