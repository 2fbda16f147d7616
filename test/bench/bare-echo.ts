/** Sends back what it gets: what a wake-up of Node.js takes on this machine. Prints its port, ends with its input. */
import { createServer, type AddressInfo } from 'node:net';

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (bytes) => socket.write(bytes));
  socket.on('error', () => undefined);
});
server.listen({ port: 0, host: '127.0.0.1' }, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.stdin.resume().on('close', () => process.exit(0));
