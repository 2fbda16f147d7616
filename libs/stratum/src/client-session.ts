/**
 * The miner's side of the Conflux dialect as a state machine: what to send to a node (or to this bridge), and what its
 * lines mean. Used by the link to the node and by the CPU miner. No socket and no clock.
 */

export interface NotifiedJob {
  readonly jobId: string;
  /** Missing in the notify form of the official docs. */
  readonly height: number | undefined;
  /** `0x` and 64 lower-case digits. */
  readonly headerHash: string;
  readonly boundary: bigint;
}

export type ClientEvent =
  | { readonly kind: 'job'; readonly job: NotifiedJob }
  | { readonly kind: 'subscribed'; readonly granted: boolean }
  /** `reason` is missing where the server gave none, as conflux-rust does for malformed submits. */
  | {
      readonly kind: 'submitted';
      readonly request: number;
      readonly accepted: boolean;
      readonly reason?: string;
    }
  | { readonly kind: 'unreadable'; readonly line: string };

/** How conflux-rust takes a nonce: read at once, the miner hears of it sooner. */
const PLAIN_TAKEN = /^\{"jsonrpc":"2\.0","result":\[true\],"id":([1-9]\d{0,14})\}$/;

interface Result {
  readonly accepted: boolean;
  readonly reason?: string;
}

export class StratumClientSession {
  private nextId = 1;
  private subscribeId = 0;
  private readonly workerJson: string;

  constructor(
    worker: string,
    private readonly password: string,
  ) {
    this.workerJson = JSON.stringify(worker);
  }

  /** The line that opens the session. */
  subscribe(): string {
    this.subscribeId = this.nextId++;
    const params = `${this.workerJson},${JSON.stringify(this.password)}`;
    return request(this.subscribeId, 'mining.subscribe', params);
  }

  /** A line that hands in a nonce, and the request number that its answer will carry. */
  submit(
    headerHash: string,
    jobId: string,
    nonce: bigint,
  ): { readonly line: string; readonly request: number } {
    const id = this.nextId++;
    const nonceHex = `0x${nonce.toString(16).padStart(16, '0')}`;
    const params = `${this.workerJson},${JSON.stringify(jobId)},"${nonceHex}","${headerHash}"`;
    return { line: request(id, 'mining.submit', params), request: id };
  }

  /** What a line from the server means. Never throws. */
  onLine(line: string): ClientEvent {
    const taken = PLAIN_TAKEN.exec(line);
    if (taken) return this.onResult(Number(taken[1]), { accepted: true });
    const message = parseObject(line);
    if (!message) return { kind: 'unreadable', line };
    if (message['method'] === 'mining.notify') {
      const job = readJob(message['params']);
      return job ? { kind: 'job', job } : { kind: 'unreadable', line };
    }
    const { id } = message;
    if (typeof id !== 'number') return { kind: 'unreadable', line };
    return this.onResult(id, readResult(message));
  }

  private onResult(id: number, result: Result): ClientEvent {
    if (id === this.subscribeId) return { kind: 'subscribed', granted: result.accepted };
    return { kind: 'submitted', request: id, ...result };
  }
}

/** `params`: JSON, without the brackets. JSON.stringify of the whole takes 0.02 ms when it comes alone. */
function request(id: number, method: string, params: string): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":[${params}]}\n`;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return undefined;
}

/** `true`, `"true"`, `[true]`, `["true"]`, `[false, reason]` and error replies all occur in the field. */
function readResult(message: Record<string, unknown>): Result {
  const { error, result } = message;
  if (error !== undefined && error !== null) {
    return { accepted: false, reason: errorText(error) };
  }
  const [verdict, reason] = Array.isArray(result) ? (result as unknown[]) : [result];
  const accepted = verdict === true || verdict === 'true';
  return typeof reason === 'string' ? { accepted, reason } : { accepted };
}

/**
 * JSON-RPC 2.0 names its text, stratum's `[21, "Job not found", null]` does not. What holds none is not written out: an
 * error can be nested deeper than JSON.stringify can follow.
 */
function errorText(error: unknown): string {
  const places: unknown[] = Array.isArray(error) ? error : [error, (error as { message?: unknown }).message];
  return places.find((text) => typeof text === 'string') ?? 'an error without a text';
}

const HASH = /^(?:0x)?([0-9a-fA-F]{64})$/;
const DECIMAL = /^\d{1,78}$/;
const BOUNDARY = /^0x([0-9a-fA-F]{1,64})$/;
const HEIGHT = /^\d{1,10}$/;
/** A century of blocks; a height beyond it is a mistake that would cost a light cache of half a gigabyte. */
const MAX_HEIGHT = 2 ** 32 - 1;

/** Whether a block can have this height. */
export function isHeight(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_HEIGHT;
}

function readJob(params: unknown): NotifiedJob | undefined {
  if (!Array.isArray(params) || !params.every((item) => typeof item === 'string')) return undefined;
  const [jobId, height, hash, boundary] =
    params.length === 3 ? [params[0], undefined, params[1], params[2]] : params;
  const digits = HASH.exec(hash ?? '')?.[1];
  const limit = readBoundary(boundary ?? '');
  if (jobId === undefined || digits === undefined || limit === undefined) return undefined;
  if (height !== undefined && !(HEIGHT.test(height) && isHeight(Number(height)))) return undefined;
  return {
    jobId,
    height: height === undefined ? undefined : Number(height),
    headerHash: `0x${digits.toLowerCase()}`,
    boundary: limit,
  };
}

/** Hex with 0x, short or padded; or decimal, as some pools send it. At least 1 and below 2^256. */
function readBoundary(text: string): bigint | undefined {
  const hex = BOUNDARY.exec(text)?.[1];
  if (hex === undefined && !DECIMAL.test(text)) return undefined;
  const value = BigInt(hex === undefined ? text : `0x${hex}`);
  return value >= 1n && value < 1n << 256n ? value : undefined;
}
