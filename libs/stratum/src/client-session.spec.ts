import { describe, expect, it } from 'vitest';
import { StratumClientSession } from './client-session.js';

const hash = `0x${'cd'.repeat(32)}`;
const opened = () => {
  const session = new StratumClientSession('rig', 'pw');
  session.subscribe();
  return session;
};
const notify = (params: readonly string[]) =>
  opened().onLine(JSON.stringify({ id: 23, method: 'mining.notify', params }));

describe('StratumClientSession', () => {
  it('writes subscribe and submit as a node expects them', () => {
    const session = new StratumClientSession('rig', 'pw');
    expect(JSON.parse(session.subscribe())).toEqual({
      jsonrpc: '2.0',
      id: 1,
      method: 'mining.subscribe',
      params: ['rig', 'pw'],
    });
    const { line, request } = session.submit(hash, 'job', 31n);
    expect(request).toBe(2);
    expect(line.endsWith('\n')).toBe(true);
    expect(JSON.parse(line)).toMatchObject({ id: 2, params: ['rig', 'job', '0x000000000000001f', hash] });
  });

  it('reads the node form, a short boundary and a height', () => {
    const event = opened().onLine(
      `{ "id": 23, "method": "mining.notify", "params": ["${hash}", "4985137", "${hash}","0x2641ed57"] }`,
    );
    expect(event).toEqual({
      kind: 'job',
      job: { jobId: hash, height: 4985137, headerHash: hash, boundary: 0x2641ed57n },
    });
  });

  it('reads three parameters without a height', () => {
    expect(notify([hash, hash, '0x1f'])).toMatchObject({ job: { height: undefined, boundary: 31n } });
  });

  it.each([
    ['padded', `0x${'00'.repeat(30)}1f00`, 0x1f00n],
    ['decimal', '7936', 7936n],
    ['maximal', `0x${'ff'.repeat(32)}`, (1n << 256n) - 1n],
  ])('reads a %s boundary', (_form, text, boundary) => {
    expect(notify(['858', '1', hash.slice(2).toUpperCase(), text])).toMatchObject({
      job: { jobId: '858', headerHash: hash, boundary },
    });
  });

  it.each([
    [[hash, '1', hash, '0x0']],
    [[hash, '1', hash, `0x1${'00'.repeat(32)}`]],
    [[hash, '1', 'beef', '0x1']],
    [[hash, 'x', hash, '0x1']],
    [[hash, '4294967296', hash, '0x1']],
    [[hash, '1', hash, '9'.repeat(79)]],
    [[hash]],
    [[]],
  ])('does not read %j', (params) => {
    expect(notify(params).kind).toBe('unreadable');
  });

  it.each([
    ['true', true],
    ['"true"', true],
    ['[true]', true],
    ['["true"]', true],
    ['false', false],
    ['"false"', false],
    ['[false]', false],
    ['null', false],
  ])('reads the result %s', (result, accepted) => {
    expect(opened().onLine(`{"result":${result},"id":1}`)).toEqual({ kind: 'subscribed', granted: accepted });
    expect(opened().onLine(`{"result":${result},"id":9}`)).toEqual({
      kind: 'submitted',
      request: 9,
      accepted,
    });
  });

  it('reads reasons and error replies', () => {
    expect(opened().onLine('{"result":[false,"Incorrect Nonce!"],"id":9}')).toMatchObject({
      accepted: false,
      reason: 'Incorrect Nonce!',
    });
    expect(opened().onLine('{"error":{"code":-32601,"message":"Method not found"},"id":9}')).toMatchObject({
      accepted: false,
      reason: 'Method not found',
    });
  });

  it.each([
    ['"busy"', 'busy'],
    ['[21,"Job not found",null]', 'Job not found'],
    ['{"code":1}', 'an error without a text'],
    ['true', 'an error without a text'],
    // Found by fuzzing: this ended the process with a stack overflow.
    [`{"message":${'['.repeat(8000)}${']'.repeat(8000)}}`, 'an error without a text'],
    [`${'['.repeat(8000)}${']'.repeat(8000)}`, 'an error without a text'],
  ])('reads error texts and their absence, %#', (error, reason) => {
    expect(opened().onLine(`{"id":9,"error":${error}}`)).toMatchObject({ accepted: false, reason });
  });

  it.each(['', 'x', '5', 'null', '[]', '{"id":"1","result":true}', '{"method":"mining.notify"}'])(
    'survives %s',
    (line) => {
      expect(opened().onLine(line)).toEqual({ kind: 'unreadable', line });
    },
  );
});
