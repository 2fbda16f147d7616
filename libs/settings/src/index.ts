export * from './host-port.js';
export * from './render.js';
export * from './setting.js';
export * from './run-app.js';
