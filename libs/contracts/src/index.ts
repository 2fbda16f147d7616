export * from './pow.js';
export * from './pow-hasher.js';
