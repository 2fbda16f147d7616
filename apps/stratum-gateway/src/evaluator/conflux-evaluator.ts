/** Judges Conflux shares by their hash: which bits make a duplicate, and how far the hash is from its lower bound. */
import type { PowAlgorithm, PowHasher } from '#libs/contracts';
import {
  distanceOf,
  LOW_64_BITS,
  type ConfluxShare,
  type ConfluxWork,
  type Evaluation,
  type ShareEvaluator,
  type ShareKeys,
} from '#libs/mining';

export class ConfluxEvaluator implements ShareEvaluator<ConfluxWork, ConfluxShare> {
  constructor(
    private readonly algorithm: PowAlgorithm,
    private readonly hasher: PowHasher,
  ) {}

  /** Octopus reads the low 64 bits of a nonce; the test function reads all of them. */
  precheck({ headerHash }: ConfluxWork, { nonce }: ConfluxShare): ShareKeys {
    const hashed = this.algorithm === 'octopus' ? nonce & LOW_64_BITS : nonce;
    const dedupKey = `${headerHash}/${hashed.toString(16)}`;
    // One string for both where they are the same: it is kept as long as shares are remembered.
    return { dedupKey, exactKey: hashed === nonce ? dedupKey : `${headerHash}/${nonce.toString(16)}` };
  }

  async evaluate(
    { headerHash, height }: ConfluxWork,
    { nonce }: ConfluxShare,
    caller: object,
  ): Promise<Evaluation> {
    const header = Buffer.from(headerHash.slice(2), 'hex');
    const hash = await this.hasher.hash(header, nonce, height, caller);
    return { value: distanceOf(BigInt(`0x${Buffer.from(hash).toString('hex')}`), nonce) };
  }
}
