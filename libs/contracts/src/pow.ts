/** The messages between gateway and proof-of-work worker, the same over every transport. */
import { IsIn, IsInt, Matches, Max, Min } from 'class-validator';

export const POW_ALGORITHMS = ['octopus', 'keccak-test'] as const;
export type PowAlgorithm = (typeof POW_ALGORITHMS)[number];

/** Message patterns. Over NATS these are the subjects. */
export const POW_HASH = 'pow.hash';
export const POW_PREPARE = 'pow.prepare';

/** NATS gives each hash request to one worker of this group. Requests to prepare go to all of them. */
export const POW_QUEUE_GROUP = 'pow-workers';

/** A century of blocks: the gateway takes no job beyond it, and a light cache there would be half a gigabyte. */
export const MAX_POW_HEIGHT = 2 ** 32 - 1;

/** A worker holds a request no longer than this, whatever the request says. */
export const MAX_POW_WAIT_MS = 10_000;

/** Caller ids are below this. */
export const POW_CALLERS = 2 ** 32;

/** Asks for the light cache of a height, so that the first hash does not wait for it. Answered with `true`. */
export class PrepareRequest {
  @IsIn(POW_ALGORITHMS)
  readonly algorithm!: PowAlgorithm;

  @IsInt()
  @Min(0)
  @Max(MAX_POW_HEIGHT)
  readonly height!: number;
}

/** Asks for one hash. `algorithm` must be the worker's: a mismatch is an error, not a wrong verdict. */
export class HashRequest extends PrepareRequest {
  /** `0x` and 64 lower-case digits. */
  @Matches(/^0x[0-9a-f]{64}$/)
  readonly headerHash!: string;

  /** `0x` and up to 64 lower-case digits, the whole nonce. */
  @Matches(/^0x[0-9a-f]{1,64}$/)
  readonly nonce!: string;

  /** How long an answer is of use, from the worker's receipt on. Later than that the answer is an error. */
  @IsInt()
  @Min(1)
  @Max(MAX_POW_WAIT_MS)
  readonly waitMs!: number;

  /** Whose turn it is: callers take turns in the worker. Two gateways that use one number share its turns. */
  @IsInt()
  @Min(0)
  @Max(POW_CALLERS - 1)
  readonly caller!: number;
}

export interface HashReply {
  /** `0x` and 64 lower-case digits, a big-endian integer. */
  readonly powHash: string;
}

export const POW_FAULTS = ['busy', 'late', 'failed'] as const;

/**
 * What a worker answers when it has no result. `busy`: refused at once, ask elsewhere. `late`: not done within the
 * request's time. `failed`: this worker cannot do it.
 */
export interface PowFault {
  readonly code: (typeof POW_FAULTS)[number];
  readonly message: string;
}

/** Undefined when the error is not a worker's word. */
export function faultOf(error: unknown): PowFault['code'] | undefined {
  const { code } = Object(error) as { code?: unknown };
  return POW_FAULTS.find((fault) => fault === code);
}
