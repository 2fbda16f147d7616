/** Any lines from a server: the miner's side does not throw and reads nothing that is out of range. */
import assert from 'node:assert/strict';
import { isHeight, StratumClientSession } from '#libs/stratum';
import { SERVER_LINE_LIMIT, SERVER_LINES } from './corpus.js';
import { fuzz } from './fuzzer.js';
import { anyLine } from './lines.js';

/** A reason of the session's own. */
const OWN_TEXT = 30;

fuzz('client session', (random) => {
  const session = new StratumClientSession('w', 'pw');
  const size = JSON.stringify(session).length;
  session.subscribe();
  for (let left = 1 + random.below(8); left > 0; left--) {
    const line = anyLine(random, SERVER_LINES, SERVER_LINE_LIMIT);
    const event = session.onLine(line);
    if (event.kind === 'unreadable') assert.equal(event.line, line);
    if (event.kind === 'submitted') assert((event.reason?.length ?? 0) <= line.length + OWN_TEXT);
    if (event.kind !== 'job') continue;
    const { height, headerHash, boundary, jobId } = event.job;
    assert(height === undefined || isHeight(height));
    assert.match(headerHash, /^0x[0-9a-f]{64}$/);
    assert(boundary > 0n && boundary >> 256n === 0n);
    assert(jobId.length <= line.length);
  }
  assert(JSON.stringify(session).length <= size + 1);
});
