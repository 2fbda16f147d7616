/** Nest's transport clients, silent: that a worker does not answer is reported by the pool, once per change. */
import { Logger } from '@nestjs/common';
import { ClientNats, ClientTCP, type ClientProxy } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import { NATS_LINK } from '#libs/contracts';
import type { HostPort, NatsUrl } from '#libs/settings';

/** What both have in common. `status`: `connected`, `disconnected` and others. */
export interface WorkerClient extends Pick<ClientProxy, 'send'> {
  readonly status: Observable<string>;
  close(): unknown;
}

const nothing = (): void => undefined;
const SILENT = Object.assign(new Logger(), { log: nothing, error: nothing, debug: nothing });

class TcpClient extends ClientTCP {
  protected override readonly logger = SILENT;

  /** Nest only says goodbye: a worker that hangs never answers that, and the socket would stay. */
  override close(): void {
    this.socket?.netSocket.destroy();
    super.close();
  }
}

class NatsClient extends ClientNats {
  protected override readonly logger = SILENT;
}

export function tcpClient({ host, port }: HostPort): WorkerClient {
  return new TcpClient({ host, port });
}

export function natsClient({ connection }: NatsUrl): WorkerClient {
  return new NatsClient({ ...NATS_LINK, ...connection });
}
