/** What an attack did and what it got, counted; the only thing that the attacking process hands back. */

export interface AttackReport {
  readonly connects: number;
  /** Connections that were not even established. */
  readonly refused: number;
  readonly closedByServer: number;
  /** Still open when the attack was stopped. */
  readonly leftOpen: number;
  readonly bytesSent: number;
  readonly bytesRead: number;
  /** Lines received, by kind: an error's code, a result's text without what the miner chose, `job`, `batch`. */
  readonly answers: Readonly<Record<string, number>>;
  /** Lines of code -32000, by their message. */
  readonly farewells: Readonly<Record<string, number>>;
}

/** Texts that a server could vary at will must not fill the memory of the test. */
const MAX_KINDS = 50;

export class Tally {
  connects = 0;
  refused = 0;
  closedByServer = 0;
  leftOpen = 0;
  bytesSent = 0;
  bytesRead = 0;
  private readonly answers = new Map<string, number>();
  private readonly farewells = new Map<string, number>();

  /** Counts a line from the server. */
  line(text: string): void {
    const error = /"error":\{"code":(-?\d+),"message":"([^"]*)"/.exec(text);
    count(this.answers, text.startsWith('[') ? 'batch' : (error?.[1] ?? kindOfResult(text)));
    if (error?.[1] === '-32000') count(this.farewells, error[2] ?? '');
  }

  report(): AttackReport {
    const { connects, refused, closedByServer, leftOpen, bytesSent, bytesRead } = this;
    return {
      connects,
      refused,
      closedByServer,
      leftOpen,
      bytesSent,
      bytesRead,
      answers: Object.fromEntries(this.answers),
      farewells: Object.fromEntries(this.farewells),
    };
  }
}

function count(kinds: Map<string, number>, kind: string): void {
  const known = kinds.has(kind) || kinds.size < MAX_KINDS ? kind : 'other';
  kinds.set(known, (kinds.get(known) ?? 0) + 1);
}

function kindOfResult(text: string): string {
  if (text === '') return 'empty';
  if (text.includes('"mining.notify"')) return 'job';
  return /"result":(true|false|\[true\]|\[false\]|\[false,"[A-Za-z ]{1,24})/.exec(text)?.[1] ?? 'other';
}
