/** Who may mine here: conflux-rust's rule, keccak256(password) = secret, compared in constant time. */
import { timingSafeEqual } from 'node:crypto';
import sha3 from 'js-sha3';
import type { ConfluxAdmission } from '#libs/stratum';

/** `secret` is the 32-byte hash; undefined admits everybody, subscribed or not, as the node does. */
export function admission(secret: Buffer | undefined): ConfluxAdmission {
  if (!secret) return { authenticate: () => true, subscribeFirst: false };
  const hashOf = (password: string): Buffer => Buffer.from(sha3.keccak256.arrayBuffer(password));
  return { authenticate: (password) => timingSafeEqual(hashOf(password), secret), subscribeFirst: true };
}
