/**
 * The wire profile of Conflux's published stratum page, which no released node speaks but some miners were written
 * to: jobs of three parameters (no height), results as strings.
 */
import { hexBoundary, type ConfluxWire } from './conflux.js';

export const documentedWire: ConfluxWire = {
  subscribed: (granted) => JSON.stringify(String(granted)),
  submitted: (accepted, reason) =>
    JSON.stringify(reason === undefined ? [String(accepted)] : [String(accepted), reason]),
  notify: ({ id, sequence, work, target }) =>
    JSON.stringify({
      jsonrpc: '2.0',
      method: 'mining.notify',
      params: [id, work.headerHash, hexBoundary(target)],
      id: sequence,
    }),
};
