export * from './host-port.js';
export * from './nats-url.js';
export * from './render.js';
export * from './setting.js';
export * from './run-app.js';
