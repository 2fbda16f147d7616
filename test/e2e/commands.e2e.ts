/** The commands as a user runs them: real processes, real signals, what they print and what they leave behind. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePorts } from '#libs/testkit';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUTPUT_TIMEOUT_MS = 90_000;

class Command {
  output = '';
  private changed: () => void = () => undefined;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly exited: Promise<number | null>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv, cwd = ROOT, program = process.execPath) {
    const clean = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env };
    this.child = spawn(program, args, { cwd, env: clean, detached: true });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (text: Buffer) => {
        this.output += String(text);
        this.changed();
      });
    }
    this.exited = once(this.child, 'close').then(([code]) => code as number | null);
    void this.exited.then(() => this.changed());
    onTestFinished(() => this.killGroup('SIGKILL'));
  }

  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = Date.now() + OUTPUT_TIMEOUT_MS;
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      const left = deadline - Date.now();
      if (left <= 0 || this.child.exitCode !== null)
        throw new Error(`never printed ${pattern}:\n${this.output}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Fails the test when the command met a rejection that nobody handled. */
  async exitCode(): Promise<number | null> {
    const code = await this.exited;
    expect(this.output).not.toMatch(/unhandled/i);
    return code;
  }

  /** As Ctrl-C does: to every process of the group. */
  killGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-(this.child.pid ?? 0), signal);
    } catch {
      // The whole group has ended.
    }
  }

  /** Only the process that was started. */
  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  groupIsAlive(): boolean {
    try {
      process.kill(-(this.child.pid ?? 0), 0);
      return true;
    } catch {
      return false;
    }
  }
}

async function demo(temp: string): Promise<Command> {
  const [rpc, stratum, listen, http] = await freePorts(4);
  return new Command(['scripts/start.mjs'], {
    TMPDIR: temp,
    DEVCHAIN_RPC_PORT: String(rpc),
    DEVCHAIN_STRATUM_PORT: String(stratum),
    STRATUM_LISTEN: `127.0.0.1:${listen}`,
    HTTP_LISTEN: `127.0.0.1:${http}`,
  });
}

async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-commands-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('npm start without UPSTREAMS', () => {
  it('mines on a test chain, says so, and ends without a trace on Ctrl-C', async () => {
    const temp = await tempFolder();
    const command = await demo(temp);
    await command.prints(/TEST CHAIN\. The blocks mined here are worth nothing/);
    await command.prints(/BLOCK 0x[0-9a-f]{64} epoch \d+ height \d+.* worker cpu nonce 0x[0-9a-f]+/);
    const began = Date.now();
    command.killGroup('SIGINT');
    expect(await command.exitCode()).toBe(0);
    expect(Date.now() - began).toBeLessThan(5000);
    expect(command.groupIsAlive()).toBe(false);
    expect(await readdir(temp)).toEqual([]);
  });

  it('takes its children along when it is killed', async () => {
    const command = await demo(await tempFolder());
    await command.prints(/miner cpu connected/);
    command.kill('SIGKILL');
    await command.exitCode();
    await expect.poll(() => command.groupIsAlive(), { timeout: 10_000 }).toBe(false);
  });

  it('ends at once when stopped while the node is still starting', async () => {
    const temp = await tempFolder();
    const command = await demo(temp);
    await command.prints(/TEST CHAIN/);
    command.killGroup('SIGINT');
    expect(await command.exitCode()).toBe(0);
    expect(command.groupIsAlive()).toBe(false);
    expect(await readdir(temp)).toEqual([]);
  });

  it('says which port is in use', async () => {
    const { createServer } = await import('node:net');
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const command = new Command(['scripts/start.mjs'], { DEVCHAIN_RPC_PORT: String(port) });
    expect(await command.exitCode()).toBe(1);
    expect(command.output).toContain(
      `127.0.0.1:${port} is in use; stop what uses it, or set DEVCHAIN_RPC_PORT`,
    );
  });

  it('refuses in production', async () => {
    const command = new Command(['scripts/start.mjs'], { NODE_ENV: 'production' });
    expect(await command.exitCode()).toBe(2);
    expect(command.output).toMatch(/^UPSTREAMS is not set: .*\n$/);
  });
});

describe('npm start with UPSTREAMS', () => {
  it('runs only the bridge, and ends with npm when that is told to end', async () => {
    const [stratum = 0, http = 0, node = 0] = await freePorts(3);
    const env = {
      UPSTREAMS: `stratum://127.0.0.1:${node}`,
      STRATUM_LISTEN: `127.0.0.1:${stratum}`,
      HTTP_LISTEN: `127.0.0.1:${http}`,
    };
    const command = new Command(['start'], env, ROOT, 'npm');
    await command.prints(/miners connect to/);
    await command.prints(/not connected/);
    expect(command.output).not.toContain('TEST CHAIN');
    command.kill('SIGTERM');
    await command.exitCode();
    await expect.poll(() => command.groupIsAlive(), { timeout: 5000 }).toBe(false);
  });
});

describe('an app alone', () => {
  const gateway = 'dist/apps/stratum-gateway/src/main.js';

  it('ends with one line and exit code 2 when a setting is refused', async () => {
    for (const [app, env, line] of [
      [gateway, { UPSTREAMS: 'x' }, 'UPSTREAMS = x (is not a stratum:// address); accepted: comma list of'],
      [
        'dist/apps/pow-worker/src/main.js',
        { POW_TCP: '0.0.0.0:1' },
        'POW_TCP = 0.0.0.0:1 would serve anybody',
      ],
      ['dist/apps/cpu-miner/src/main.js', { MINER_THREADS: '0' }, 'MINER_THREADS = 0; accepted: 1 to 64'],
    ] as const) {
      const command = new Command([app], env);
      expect(await command.exitCode()).toBe(2);
      expect(command.output).toContain(line);
      expect(command.output.trim().split('\n')).toHaveLength(1);
    }
  });

  it('ends with one line, without the password, when its NATS server is not there', async () => {
    const [port = 0] = await freePorts(1);
    const env = { POW_TRANSPORT: 'nats', NATS_URL: `nats://me:hunter2@127.0.0.1:${port}` };
    const command = new Command(['dist/apps/pow-worker/src/main.js'], { ...env, POW_HTTP: '127.0.0.1:0' });
    expect(await command.exitCode()).toBe(1);
    expect(command.output.trim()).toBe(`nats://127.0.0.1:${port}: connection refused`);
  });

  it('ends with one line when its port is taken', async () => {
    const [stratum = 0, http = 0, node = 0] = await freePorts(3);
    const env = {
      UPSTREAMS: `stratum://127.0.0.1:${node}`,
      STRATUM_LISTEN: `127.0.0.1:${stratum}`,
      HTTP_LISTEN: `127.0.0.1:${http}`,
      LOG_LEVEL: 'silent',
    };
    const first = new Command([gateway], { ...env, LOG_LEVEL: 'info' });
    await first.prints(/miners connect to/);
    const second = new Command([gateway], env);
    expect(await second.exitCode()).toBe(1);
    expect(second.output.trim()).toMatch(/EADDRINUSE.*:\d+$/);
    first.kill('SIGTERM');
    expect(await first.exitCode()).toBe(0);
  });

  it('runs without the addon, says so, and checks shares all the same', async () => {
    const folder = await tempFolder();
    await Promise.all([
      cp(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true }),
      cp(join(ROOT, 'package.json'), join(folder, 'package.json')),
      symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules')),
    ]);
    const [stratum = 0, http = 0, node = 0] = await freePorts(3);
    const command = new Command(
      [gateway],
      {
        UPSTREAMS: `stratum://127.0.0.1:${node}`,
        STRATUM_LISTEN: `127.0.0.1:${stratum}`,
        HTTP_LISTEN: `127.0.0.1:${http}`,
      },
      folder,
    );
    await command.prints(/shares are checked in this process \(typescript\)/);
    await command.prints(/hashing is slower than it might be: /);
    await command.prints(/miners connect to/);
    const report = (await (await fetch(`http://127.0.0.1:${http}/health/ready`)).json()) as {
      checks: { evaluator: { detail: string } };
    };
    expect(report.checks.evaluator.detail).toContain('slow: ');
    command.kill('SIGTERM');
    expect(await command.exitCode()).toBe(0);
  });
});
