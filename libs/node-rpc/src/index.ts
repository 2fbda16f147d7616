export { Backoff } from './backoff.js';
export * from './block-header.js';
export { BlockLocator } from './block-locator.js';
export { addressToHex } from './cfx-address.js';
export { ConfluxRpc, RpcError, type BlockJson, type NodeStatus, type RewardJson } from './conflux-rpc.js';
export { ConfluxSource, type SourceOptions } from './conflux-source.js';
export { StratumLink, type LinkEvent, type LinkOptions, type SubmitAnswer } from './stratum-link.js';
export { parseUpstream, upstreamName, UPSTREAM_FORM, type UpstreamAddress } from './upstream-address.js';
