/** A stratum server that does as it is told: for faults that the real node cannot be made to show. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface FakeRequest {
  readonly id: number;
  readonly method: string;
  readonly params: readonly string[];
}

/** Returns the result to answer with; undefined leaves the request unanswered. */
export type FakeAnswer = (request: FakeRequest, socket: Socket) => unknown;

export class FakeNode {
  readonly requests: FakeRequest[] = [];
  readonly port: number;
  private readonly sockets = new Set<Socket>();
  private readonly waiting: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    /** May be replaced while it runs. */
    public answer: FakeAnswer,
  ) {
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket: Socket) => this.serve(socket));
  }

  static async start(answer: FakeAnswer = () => true, port = 0): Promise<FakeNode> {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new FakeNode(server, answer);
  }

  get connections(): number {
    return this.sockets.size;
  }

  /** Resolves with the request of this method that arrives next, or already arrived and was not taken. */
  async taken(method: string): Promise<FakeRequest> {
    for (;;) {
      const index = this.requests.findIndex((request) => request.method === method);
      const [request] = index === -1 ? [] : this.requests.splice(index, 1);
      if (request) return request;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** One of the open connections. */
  get anySocket(): Socket {
    const [socket] = this.sockets;
    if (!socket) throw new Error('nobody is connected');
    return socket;
  }

  /** Sends a line to every connection. */
  send(line: string): void {
    this.sendRaw(`${line}\n`);
  }

  sendRaw(text: string): void {
    for (const socket of this.sockets) socket.write(text);
  }

  notify(params: readonly string[]): void {
    this.send(JSON.stringify({ id: 17, method: 'mining.notify', params }));
  }

  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.dropConnections();
    await closed;
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    let rest = '';
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.onRequest(JSON.parse(line) as FakeRequest, socket);
    });
  }

  private onRequest(request: FakeRequest, socket: Socket): void {
    this.requests.push(request);
    for (const wake of this.waiting.splice(0)) wake();
    const result = this.answer(request, socket);
    if (result !== undefined) socket.write(`${JSON.stringify({ jsonrpc: '2.0', result, id: request.id })}\n`);
  }
}
