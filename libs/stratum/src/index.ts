export * from './client-session.js';
export * from './dialects/conflux-rust.js';
export * from './dialects/conflux.js';
export * from './dialects/documented.js';
export * from './dialects/ethereum-stratum.js';
export * from './ip-address.js';
export * from './line-framer.js';
export * from './proxy-header.js';
export { DEFAULT_MESSAGE_LIMITS, type MessageLimits } from './message.js';
