/** The messages between gateway and proof-of-work worker, the same over every transport. */
import { IsIn, IsInt, Matches, Max, Min } from 'class-validator';

export const POW_ALGORITHMS = ['octopus', 'keccak-test'] as const;
export type PowAlgorithm = (typeof POW_ALGORITHMS)[number];

/** Message patterns. */
export const POW_HASH = 'pow.hash';
export const POW_PREPARE = 'pow.prepare';

/** A century of blocks: the gateway takes no job beyond it, and a light cache there would be half a gigabyte. */
export const MAX_POW_HEIGHT = 2 ** 32 - 1;

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
}

export interface HashReply {
  /** `0x` and 64 lower-case digits, a big-endian integer. */
  readonly powHash: string;
}
