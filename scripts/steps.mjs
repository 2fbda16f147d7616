/** The steps of a fresh clone: install, addons, compile. Each is skipped when nothing changed since it last succeeded. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMPS = join(ROOT, 'node_modules/.conflux-solo-bridge');
const MIN_NODE = [20, 20];

export function say(text) {
  process.stdout.write(`${text}\n`);
}

/** Ends the process with one line when this Node.js is too old. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  process.stderr.write(
    `Node.js ${MIN_NODE.join('.')} or newer is needed, this is ${process.versions.node}\n`,
  );
  process.exit(1);
}

/** Runs a command with its output shown; rejects with its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], ...options });
    // Ctrl-C reaches the child by itself; a signal to this process alone does not.
    const stop = () => child.kill('SIGTERM');
    process.once('SIGTERM', stop);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.off('SIGTERM', stop);
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}`));
    });
  });
}

/**
 * npm ci when the lock file changed; an addon when its sources did; tsc always (it is incremental). Resolves to what
 * hashes will be made with: `addon`, or `typescript` where the Octopus addon could not be built.
 */
export async function build() {
  await installPackages();
  // The same verdicts come from TypeScript, and the same jobs through Node's streams.
  const native = await buildAddon('octopus', 'Octopus', 'Going on in TypeScript, which is much slower.');
  await buildAddon('fan-out', 'fan-out', 'Going on without: a job takes longer to reach all miners.');
  await timed('compiling TypeScript', () => runTool('typescript/bin/tsc', ['-p', 'tsconfig.build.json']));
  return native ? 'addon' : 'typescript';
}

/** Runs an installed package's script with this Node.js. */
export function runTool(script, args) {
  return run(process.execPath, [join(ROOT, 'node_modules', script), ...args]);
}

async function installPackages() {
  const inputs = ['package.json', 'package-lock.json', '.npmrc'];
  await once('packages', digest(inputs), existsSync(join(ROOT, 'node_modules/typescript')), () =>
    timed('installing packages (half a minute to a few)', () =>
      run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']),
    ),
  );
}

/** A failure is no end: whether it was built. `without` says how it goes on. */
async function buildAddon(name, title, without) {
  const folder = `libs/${name}/native`;
  const sources = readdirSync(join(ROOT, folder)).filter((file) => /\.(cpp|hpp|gyp)$/.test(file));
  const inputs = sources.map((file) => join(folder, file));
  const built = existsSync(join(ROOT, folder, `build/Release/${name}.node`));
  try {
    await once(`addon-${name}`, digest(inputs) + process.version, built, () =>
      timed(`compiling the ${title} addon (C++)`, () =>
        run('npm', ['exec', '--', 'node-gyp', 'rebuild', '--silent', '-C', folder]),
      ),
    );
    return true;
  } catch (error) {
    say(`! the ${title} addon could not be built (${error.message}).`);
    say(`! It needs a C++20 compiler, make and python3. ${without}`);
    return false;
  }
}

async function once(name, key, present, step) {
  const stamp = join(STAMPS, name);
  if (present && existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  await step();
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(stamp, key);
}

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files.toSorted()) hash.update(file).update(readFileSync(join(ROOT, file)));
  return hash.digest('hex');
}

async function timed(what, step) {
  say(`> ${what} …`);
  const began = Date.now();
  await step();
  say(`> ${what}: done in ${((Date.now() - began) / 1000).toFixed(1)} s`);
}
