/** How gateway and worker keep their connections to a NATS server. */
export const NATS_LINK = {
  /** What the first connection may take. */
  timeout: 5000,
  /** A lost server is sought for as long as the process runs: nothing else would bring the workers back. */
  maxReconnectAttempts: -1,
  reconnectTimeWait: 500,
  reconnectJitter: 500,
  /** Two pings unanswered end a connection: a server that vanished is noticed within 15 s. */
  pingInterval: 5000,
  maxPingOut: 2,
} as const;
