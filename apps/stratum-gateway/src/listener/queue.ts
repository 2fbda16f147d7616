/**
 * A set with an oldest member, as a doubly linked list. A Set would do, were it not for its holes: a new iterator walks
 * over all that were deleted before the first that is left, and one that is kept keeps them in memory.
 */
interface Link<Member> {
  readonly member: Member;
  older: Link<Member> | undefined;
  newer: Link<Member> | undefined;
}

export class Queue<Member> {
  private readonly links = new Map<Member, Link<Member>>();
  private first: Link<Member> | undefined;
  private last: Link<Member> | undefined;

  get size(): number {
    return this.links.size;
  }

  get oldest(): Member | undefined {
    return this.first?.member;
  }

  /** One that is in already stays where it is. */
  add(member: Member): void {
    if (this.links.has(member)) return;
    const link: Link<Member> = { member, older: this.last, newer: undefined };
    if (this.last) this.last.newer = link;
    else this.first = link;
    this.last = link;
    this.links.set(member, link);
  }

  delete(member: Member): void {
    const link = this.links.get(member);
    if (!link) return;
    this.links.delete(member);
    if (link.older) link.older.newer = link.newer;
    else this.first = link.newer;
    if (link.newer) link.newer.older = link.older;
    else this.last = link.older;
  }
}
