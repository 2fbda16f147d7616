/**
 * The certificate that miners see. Its files are looked at every other second, so that a renewal needs no restart; a pair
 * that cannot be used changes nothing. Connections that are open keep what they have.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

/** Two calls of stat each time: nothing beside the wait of an operator who has copied a file. */
const POLL_MS = 2000;
const DAY_MS = 86_400_000;
/** Renewal usually comes 30 days before the end; who hears of it 14 days before has a broken one. */
const EXPIRY_WARNING_MS = 14 * DAY_MS;

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What Node's TLS functions take. */
export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: 'TLSv1.2';
}

export type OnTlsChange = (level: 'info' | 'warn', text: string) => void;

export class TlsCertificate {
  private current: { readonly pair: TlsPair; readonly x509: X509Certificate };
  /** What the files looked like when they were read last; undefined: never, or not to be trusted. */
  private seen: string | undefined;
  private polling = false;
  private closed = false;
  private failing = false;
  private warnedAt = -Infinity;
  private readonly timer: NodeJS.Timeout;

  /** Throws an Error with one line that names the file at fault. `onChange` is called during it, too. */
  constructor(
    private readonly files: TlsFiles,
    private readonly onChange: OnTlsChange,
    pollMs = POLL_MS,
  ) {
    this.current = load(files);
    this.announce();
    this.timer = setInterval(() => void this.poll(), pollMs).unref();
  }

  /** Another object after each renewal. */
  get pair(): TlsPair {
    return this.current.pair;
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
  }

  /** One at a time, for a disk may hang. The files are read after they were looked at, so that no change goes unseen. */
  private async poll(): Promise<void> {
    if (this.polling) return;
    this.polling = true;
    const looks = [await lookOf(this.files.certFile), await lookOf(this.files.keyFile)].join();
    this.polling = false;
    if (this.closed) return;
    if (looks !== this.seen) this.reload(looks);
    this.warnOfExpiry();
  }

  private reload(looks: string): void {
    this.seen = looks;
    try {
      const loaded = load(this.files);
      const changed = !loaded.pair.cert.equals(this.pair.cert) || !loaded.pair.key.equals(this.pair.key);
      if (changed) this.current = loaded;
      if (changed || this.failing) this.announce();
      this.failing = false;
    } catch (error) {
      if (!this.failing)
        this.onChange('warn', `${(error as Error).message}; the certificate stays as it was`);
      this.failing = true;
    }
  }

  private announce(): void {
    const { subject, validTo } = this.current.x509;
    this.onChange('info', `TLS certificate of ${oneLine(subject)}, valid until ${validTo}`);
    this.warnedAt = -Infinity;
    this.warnOfExpiry();
  }

  /** Once a day. */
  private warnOfExpiry(): void {
    const { subject, validTo } = this.current.x509;
    const now = Date.now();
    const left = Date.parse(validTo) - now;
    if (left > EXPIRY_WARNING_MS || now - this.warnedAt < DAY_MS) return;
    this.warnedAt = now;
    const expires = left > 0 ? 'expires on' : 'has expired on';
    this.onChange('warn', `the TLS certificate of ${oneLine(subject)} ${expires} ${validTo}`);
  }
}

function load({ certFile, keyFile }: TlsFiles): { pair: TlsPair; x509: X509Certificate } {
  const cert = read(certFile);
  const key = read(keyFile);
  const x509 = attempt(() => new X509Certificate(cert), `${certFile} holds no PEM certificate`);
  attempt(() => createSecureContext({ cert }), `${certFile} holds no PEM certificate that can be used`);
  attempt(() => createSecureContext({ key }), `${keyFile} holds no PEM key without a password`);
  const pair: TlsPair = { cert, key, minVersion: 'TLSv1.2' };
  attempt(() => createSecureContext(pair), `${keyFile} holds another key than that of ${certFile}`);
  return { pair, x509 };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, {
      cause: error,
    });
  }
}

function attempt<Result>(make: () => Result, fault: string): Result {
  try {
    return make();
  } catch (error) {
    throw new Error(fault, { cause: error });
  }
}

/** Follows links; a file that takes the place of another has another inode. */
async function lookOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

const oneLine = (subject: string): string => subject.split('\n').join(', ');
