export { openAcknowledge, openFanOut, type FanOut } from './fan-out.js';
export { idleDescriptor } from './idle-descriptor.js';
