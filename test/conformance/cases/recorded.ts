/** The recorded replies as cases: each recorded line goes to both sides again. */
import { isPositional, recordedReplies, type RecordedReply } from '#libs/testkit';
import { PASSWORD } from '../../e2e/world.js';
import type { Step } from '../conversation.js';
import type { Case, Difference } from '../sides.js';

export interface RecordedCase extends Case {
  /** What the node said when it was recorded, after the lines that the conversation adds. */
  readonly recorded: string;
}

const PARSE_ERROR = '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}';

export const recordedCases: readonly RecordedCase[] = recordedReplies().map((row) => {
  const { send, sendHex = '' } = row;
  const bytes: Step = { send: send ?? Buffer.from(`${sendHex}0a`, 'hex') };
  const differs = differenceOf(row);
  return {
    name: send ?? `bytes ${sendHex}`,
    conversation: [
      ...admitted(send ?? ''),
      bytes,
      ...(row.closed === true ? ([{ closes: true }] as const) : []),
    ],
    recorded: row.reply,
    ...(differs && { differs }),
  };
});

/** With a secret, submits need a subscribed connection at the bridge; that difference has a case of its own. */
function admitted(send: string): Step[] {
  if (!send.includes('mining.submit')) return [];
  return [
    { send: `{"id":"admitted","method":"mining.subscribe","params":["s","${PASSWORD}"]}` },
    { read: 1 },
  ];
}

function differenceOf({ send = '' }: RecordedReply): Difference | undefined {
  if (isPositional(send)) return { why: 'Positional requests', bridge: [PARSE_ERROR] };
  if (send.includes('eth_submitHashrate')) {
    return {
      why: 'Methods that report a hash rate',
      bridge: ['{"jsonrpc":"2.0","result":true,"id":1}'],
    };
  }
  return undefined;
}
