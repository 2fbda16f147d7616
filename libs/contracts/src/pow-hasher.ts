/** The port behind which shares are hashed: in this process, or in a worker elsewhere. One spec runs against both. */
export interface PowHasher {
  /**
   * headerHash: 32 bytes. nonce: the whole nonce. Resolves to 32 bytes, a big-endian integer; rejects on broken I/O and
   * when too much waits already. caller: whose turn it is; left out, all calls are one caller's.
   */
  hash(headerHash: Uint8Array, nonce: bigint, height: number, caller?: object): Promise<Uint8Array>;
  /** Builds what hashes of this height need. */
  prepare(height: number): Promise<void>;
  close(): Promise<void>;
}
