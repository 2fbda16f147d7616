/**
 * The least that something between miner and node can be in Node.js: forwards bytes, and looks at none. Argument: the
 * node's port; prints its own port, ends with its input.
 */
import { connect, createServer, type AddressInfo } from 'node:net';

const host = '127.0.0.1';
const nodePort = Number(process.argv[2]);

const server = createServer({ noDelay: true }, (miner) => {
  const node = connect({ host, port: nodePort, noDelay: true });
  miner.pipe(node).pipe(miner);
  for (const [socket, other] of [
    [miner, node],
    [node, miner],
  ] as const) {
    socket.on('error', () => undefined);
    socket.on('close', () => other.destroy());
  }
});
server.listen({ port: 0, host }, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.stdin.resume().on('close', () => process.exit(0));
