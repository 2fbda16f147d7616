/**
 * The least that a fan-out can be in Node.js: bare-send.cpp with socket.write. Argument: what to answer to anything;
 * prints its port, sends each line of its input to all connections, ends with its input.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const BACKLOG = 4096;
const answer = `${process.argv[2] ?? ''}\n`;
const sockets = new Set<Socket>();

const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket);
  socket.on('data', () => socket.write(answer));
  socket.on('error', () => undefined);
  socket.on('close', () => sockets.delete(socket));
});
server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
createInterface(process.stdin)
  .on('line', (line) => {
    const bytes = Buffer.from(`${line}\n`);
    for (const socket of sockets) socket.write(bytes);
  })
  .on('close', () => process.exit(0));
