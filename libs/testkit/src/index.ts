export * from './fake-node.js';
export * from './free-ports.js';
export * from './heap.js';
export * from './line-client.js';
export * from './vectors.js';
