/** A scripted conversation as data, and how it is played to a port: every byte sent, and every line that comes back. */
import { setImmediate as turn } from 'node:timers/promises';
import { LineClient } from '#libs/testkit';

/** How the bytes of a step reach the socket: in one write, each alone, or cut at these offsets. */
export type Cut = 'whole' | 'bytes' | readonly number[];

export type Step =
  /** Text gets a newline; bytes go as they are. */
  | { readonly send: string | Buffer; readonly cut?: Cut }
  /** Waits for this many lines before the next step. */
  | { readonly read: number }
  | { readonly close: 'half' }
  /** Nothing more is sent: the other side has to close. */
  | { readonly closes: true };

export interface PlayOptions {
  /** Fills in what is known only when the conversation is played. */
  readonly fill?: (text: string) => string;
  /** Takes out of a line what may differ from side to side. */
  readonly normalize?: (line: string) => string;
  /** Jobs come when they come, so most conversations leave them out. */
  readonly jobs?: boolean;
}

/** Stands in a transcript for the end of the connection. */
export const CLOSED = '(closed)';

/** Both sides answer it last and the same way, so it marks the end of what came back. */
const END = '{"id":"end of conversation","method":"end"}';

/** All lines that came back until the end of the conversation or of the connection. */
export async function play(
  port: number,
  steps: readonly Step[],
  options: PlayOptions = {},
): Promise<string[]> {
  const { fill = (text) => text, normalize = (line) => line, jobs = false } = options;
  const client = await LineClient.open(port);
  const heard: string[] = [];
  const hear = async (): Promise<string> => {
    const line = await (jobs ? client.take('line', () => true) : client.reply());
    heard.push(normalize(line));
    return line;
  };
  try {
    let listensOnly = false;
    for (const step of steps) {
      if ('send' in step) await send(client, step.send, step.cut ?? 'whole', fill);
      else if ('read' in step) for (let count = 0; count < step.read; count++) await hear();
      else listensOnly = true;
      if ('close' in step) client.socket.end();
    }
    if (!listensOnly) client.send(END);
    while (!(await hear()).includes('end of conversation'));
    return heard.slice(0, -1);
  } catch (error) {
    if (!client.closed) throw error;
    return [...heard, ...(client.unfinished === '' ? [] : [client.unfinished]), CLOSED];
  } finally {
    client.close();
  }
}

async function send(
  client: LineClient,
  what: string | Buffer,
  cut: Cut,
  fill: (text: string) => string,
): Promise<void> {
  const bytes = typeof what === 'string' ? Buffer.from(`${fill(what)}\n`) : what;
  for (const piece of pieces(bytes, cut)) {
    await new Promise<void>((resolve) => client.socket.write(piece, () => resolve()));
    // The other side runs in this very process, or on another core: it reads a piece before the next one comes.
    if (cut !== 'whole') await turn();
  }
}

function pieces(bytes: Buffer, cut: Cut): Buffer[] {
  if (cut === 'whole') return [bytes];
  const ends = cut === 'bytes' ? Array.from(bytes, (_, index) => index + 1) : [...cut, bytes.length];
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}
