/** Lines to start from: what miners, nodes and pools say, and what was said to a real node. */
import { recordedReplies } from '#libs/testkit';

/** The gateway's limit on a miner's line, and that on a node's. */
export const MINER_LINE_LIMIT = 16_384;
export const SERVER_LINE_LIMIT = 65_536;

export const HASH = `0x${'ab'.repeat(32)}`;
const request = (method: string, params: unknown) => JSON.stringify({ id: 1, method, params });

/** Lists of lines to start from, each as likely as the other: those that do something are few beside the recorded. */
export type Corpus = readonly [readonly string[], readonly string[]];

/** What miners send. The password is `pw`. */
export const MINER_LINES: Corpus = [
  [
    request('mining.subscribe', ['w', 'pw']),
    request('mining.subscribe', ['Miner/1.0', 'EthereumStratum/1.0.0']),
    request('mining.extranonce.subscribe', []),
    request('mining.authorize', ['w', 'pw']),
    request('mining.authorize', ['w', 'wrong']),
    request('mining.submit', ['w', HASH, '0x080c000000000001', HASH]),
    request('mining.submit', ['w', HASH.slice(2), '000000000001']),
    request('mining.submit', ['w', HASH.slice(2), '080c000000000001']),
    request('eth_submitHashrate', ['0x1', HASH]),
  ],
  recordedReplies().flatMap(({ send }) => send?.slice(0, MINER_LINE_LIMIT).split('\n') ?? []),
];

/** What nodes and pools send. */
export const SERVER_LINES: Corpus = [
  [
    `{ "id": 17, "method": "mining.notify", "params": ["${HASH}", "4985137", "${HASH}","0x2641ed57a336dee0"] }`,
    request('mining.notify', [HASH, HASH, '0x1f']),
    request('mining.notify', ['858', '156498021', HASH, '7936']),
    '{"id":1,"result":true}',
    '{"id":2,"result":[false,"Incorrect Nonce! worker_id = w!"],"error":null}',
    '{"id":2,"error":{"code":-32601,"message":"Method not found"}}',
    '{"id":2,"result":null,"error":[21,"Job not found",null]}',
  ],
  recordedReplies().flatMap(({ reply }) => reply.slice(0, SERVER_LINE_LIMIT).split('\n')),
];
