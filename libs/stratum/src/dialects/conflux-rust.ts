/** The wire profile of a real conflux-rust node, to the byte. */
import { hexBoundary, type ConfluxWire } from './conflux.js';

export const confluxRustWire: ConfluxWire = {
  subscribed: (granted) => String(granted),
  submitted: (accepted, reason) => JSON.stringify(reason === undefined ? [accepted] : [accepted, reason]),
  notify: ({ id, sequence, work, target }) =>
    `{ "id": ${sequence}, "method": "mining.notify", "params": ` +
    `["${id}", "${work.height}", "${work.headerHash}","${hexBoundary(target)}"] }`,
};
