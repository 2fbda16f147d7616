export * from './conflux.js';
export * from './duplicate-window.js';
export * from './job-registry.js';
export * from './ports.js';
export * from './share-judge.js';
export * from './target.js';
export * from './work.js';
