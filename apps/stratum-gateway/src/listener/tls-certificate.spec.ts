import {
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { EventEmitter, once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TlsCertificate } from './tls-certificate.js';

const vector = (name: string): string =>
  fileURLToPath(new URL(`../../../../test/vectors/tls/test-only-${name}.pem`, import.meta.url));
const POLL_MS = 10;

let folder: string;
let certFile: string;
let keyFile: string;
let open: TlsCertificate[];

function put(pair: string, into = { certFile, keyFile }): void {
  copyFileSync(vector(`${pair}.cert`), into.certFile);
  copyFileSync(vector(`${pair}.key`), into.keyFile);
}

/** Emits each report by its level. */
function start() {
  const reports = new EventEmitter();
  const texts: string[] = [];
  const report = (level: string, text: string): void => {
    texts.push(`${level}: ${text}`);
    reports.emit(level, text);
  };
  const certificate = new TlsCertificate({ certFile, keyFile }, report, POLL_MS);
  open.push(certificate);
  const next = async (level: string): Promise<string> => String((await once(reports, level))[0]);
  return { certificate, texts, next };
}

/** Passes when a certificate that began later has been looked at twice: so have all others. */
async function somePolls(): Promise<void> {
  const files = { certFile: join(folder, 'other-cert'), keyFile: join(folder, 'other-key') };
  put('first', files);
  const renewed = new EventEmitter();
  const other = new TlsCertificate(files, (_level, text) => renewed.emit('change', text), POLL_MS);
  for (const pair of ['second', 'first']) {
    put(pair, files);
    await once(renewed, 'change');
  }
  other.close();
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tls-certificate-'));
  certFile = join(folder, 'cert.pem');
  keyFile = join(folder, 'key.pem');
  open = [];
  put('first');
});

afterEach(() => {
  for (const certificate of open) certificate.close();
  rmSync(folder, { recursive: true });
  vi.useRealTimers();
});

describe('TlsCertificate', () => {
  it('says whose it is and until when', () => {
    const { certificate, texts } = start();
    expect(texts).toEqual([
      expect.stringMatching(
        /^info: TLS certificate of .*test only first.*, valid until Jan {2}1 00:00:00 2124 GMT$/,
      ),
    ]);
    expect(certificate.pair.minVersion).toBe('TLSv1.2');
  });

  it.each([
    ['no certificate file', () => rmSync(certFile), () => `${certFile} cannot be read (ENOENT)`],
    ['no key file', () => rmSync(keyFile), () => `${keyFile} cannot be read (ENOENT)`],
    [
      'junk for a certificate',
      () => writeFileSync(certFile, 'x'),
      () => `${certFile} holds no PEM certificate`,
    ],
    [
      'a key for a certificate',
      () => copyFileSync(keyFile, certFile),
      () => `${certFile} holds no PEM certificate`,
    ],
    [
      'an empty key',
      () => writeFileSync(keyFile, ''),
      () => `${keyFile} holds no PEM key without a password`,
    ],
    [
      'a certificate for a key',
      () => copyFileSync(certFile, keyFile),
      () => `${keyFile} holds no PEM key without a password`,
    ],
    [
      'the key of another',
      () => copyFileSync(vector('second.key'), keyFile),
      () => `${keyFile} holds another key than that of ${certFile}`,
    ],
  ])('refuses %s in one line', (_name, spoil, fault) => {
    spoil();
    expect(start).toThrow(new Error(fault()));
  });

  it('takes a renewed pair, and keeps the old one while it is half written', async () => {
    const { certificate, texts, next } = start();
    const { pair } = certificate;
    await somePolls();
    expect(certificate.pair).toBe(pair);
    const warned = next('warn');
    copyFileSync(vector('second.cert'), certFile);
    expect(await warned).toBe(
      `${keyFile} holds another key than that of ${certFile}; the certificate stays as it was`,
    );
    expect(certificate.pair).toBe(pair);
    const renewed = next('info');
    truncateSync(keyFile, 10);
    copyFileSync(vector('second.key'), keyFile);
    expect(await renewed).toContain('test only second');
    expect(certificate.pair).not.toBe(pair);
    expect(texts).toHaveLength(3);
  });

  it('says once that it fails, and that it works again', async () => {
    const { certificate, texts, next } = start();
    const warned = next('warn');
    rmSync(keyFile);
    expect(await warned).toContain('(ENOENT)');
    const back = next('info');
    for (const spoil of [() => writeFileSync(keyFile, 'x'), () => writeFileSync(certFile, 'x')]) {
      spoil();
      await somePolls();
    }
    put('first');
    expect(await back).toContain('test only first');
    expect(texts.filter((text) => text.startsWith('warn'))).toHaveLength(1);
    const again = next('warn');
    rmSync(keyFile);
    expect(await again).toContain('(ENOENT)');
    expect(certificate.pair.key.length).toBeGreaterThan(0);
  });

  it('sees files that take the place of others', async () => {
    const fresh = { certFile: join(folder, 'new-cert'), keyFile: join(folder, 'new-key') };
    const { next } = start();
    put('second', fresh);
    let renewed = next('info');
    renameSync(fresh.keyFile, keyFile);
    renameSync(fresh.certFile, certFile);
    expect(await renewed).toContain('test only second');
    renewed = next('info');
    for (const [name, file] of [
      ['first.key', keyFile],
      ['first.cert', certFile],
    ] as const) {
      symlinkSync(vector(name), `${file}.link`);
      renameSync(`${file}.link`, file);
    }
    expect(await renewed).toContain('test only first');
  });

  it('warns of the end of a certificate at the start, and every day of the last fourteen', async () => {
    put('expired');
    expect(start().texts[1]).toMatch(
      /^warn: the TLS certificate of .* has expired on Jan {2}1 00:00:00 2024 GMT$/,
    );
    put('first');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2123, 11, 18, 0, 0, 1) - 86_400_000 });
    const { texts, next } = start();
    expect(texts).toHaveLength(1);
    let warned = next('warn');
    vi.setSystemTime(Date.UTC(2123, 11, 18, 0, 0, 1));
    expect(await warned).toContain('expires on Jan  1 00:00:00 2124 GMT');
    warned = next('warn');
    vi.setSystemTime(Date.UTC(2123, 11, 19, 0, 0, 1));
    await warned;
    await somePolls();
    expect(texts).toHaveLength(3);
  });

  it('looks at nothing once it is closed', () => {
    const cleared = vi.spyOn(globalThis, 'clearInterval');
    const { certificate } = start();
    expect(cleared).not.toHaveBeenCalled();
    certificate.close();
    expect(cleared).toHaveBeenCalledOnce();
    vi.restoreAllMocks();
  });
});
