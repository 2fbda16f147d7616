import type { Socket } from 'node:net';

/** What is read of Node's internals. */
interface Internals {
  readonly _handle?: { readonly fd?: unknown; readonly constructor: { readonly name: string } } | null;
}

/**
 * The descriptor of a plain TCP socket that has nothing queued in Node.js: what is sent to it arrives after all that was
 * written to the stream. Undefined for any other (TLS, closed, ended, bytes waiting, corked), which has to be written to
 * through its stream. The socket below a TLS stream cannot be told from a plain one: ask for the stream that is written
 * to. Valid until the event loop goes on, since the number of a closed socket is given to another.
 *
 * Node.js has no documented way to a socket's descriptor, and `_handle` may change with any version. Where it is not what
 * is expected here, the answer is undefined, and the spec fails. The kind is told by name because a TLS handle has an
 * `fd` as well, that of the socket below, and plain bytes there would break its stream.
 */
export function idleDescriptor(stream: Socket): number | undefined {
  if (!stream.writable || stream.connecting || stream.writableLength > 0 || stream.writableCorked > 0)
    return undefined;
  const handle = (stream as Internals)._handle;
  if (handle?.constructor.name !== 'TCP') return undefined;
  const { fd } = handle;
  // -1 on Windows, and of a handle that is closed.
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
