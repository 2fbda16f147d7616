export * from './client-session.js';
export * from './dialects/conflux.js';
export * from './dialects/conflux-rust.js';
export * from './dialects/documented.js';
export * from './line-framer.js';
