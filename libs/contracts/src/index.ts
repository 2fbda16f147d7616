export * from './pow.js';
export * from './pow-hasher.js';
export * from './nats-link.js';
