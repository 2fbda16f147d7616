/** Ports of 127.0.0.1: taken ones are refused with a sentence, free ones are found. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return tryPort(0);
}

/** Rejects with a sentence that names the port when something listens on it. */
export async function assertFree(port: number, remedy: string): Promise<void> {
  try {
    await tryPort(port);
  } catch {
    throw new Error(`127.0.0.1:${port} is in use; ${remedy}`);
  }
}

async function tryPort(wanted: number): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
