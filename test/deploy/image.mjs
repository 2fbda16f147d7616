/** The image: its build steps carried out in a temporary folder, and its programs run from what the last stage holds. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  contextFilter,
  copyContext,
  environmentOf,
  layOut,
  parseDockerfile,
  setting,
} from './dockerfile.mjs';
import { check, freePorts, ROOT, run, say, start, tail, TEMP } from './harness.mjs';

const read = (path) => readFileSync(join(ROOT, path), 'utf8');
/** The code path that the addon takes on this machine. */
const [ISA] = createRequire(import.meta.url)(
  join(ROOT, 'libs/octopus/native/build/Release/octopus.node'),
).isas();
const NATIVE = `shares are checked in this process (${ISA})`;
const PASSWORD = 'the password';

/** `services` are those of docker-compose.yml: the programs are started as it says. */
export async function checkImage(services) {
  await check('.dockerignore keeps secrets, data and local builds from the builder', checkContext);
  const stages = parseDockerfile(read('Dockerfile'));
  const final = stages.at(-1);
  await check('all stages are slim Debian images with Node.js 20, and the last one is not root', () => {
    for (const { base } of stages) assert.equal(base, 'node:20-bookworm-slim');
    assert.match(setting(final, 'USER'), /^[1-9]\d*:[1-9]\d*$/);
  });
  const app = await check('the build steps of the Dockerfile work', () => buildImage(stages));
  if (app === undefined) return say('      (so nothing can be said about the image)');
  await check('the image holds the program, its packages and the addons, and no more', () =>
    checkContent(app),
  );
  if (services === undefined) return say('      (without docker-compose.yml the programs cannot be started)');
  await checkPrograms(new Container(app, final), final, services);
}

function checkContext() {
  const admits = contextFilter(read('.dockerignore'));
  for (const path of [
    '.env',
    '.git',
    'node_modules',
    'dist',
    '.devchain',
    'deploy/bridge.env',
    'deploy/conflux-run',
  ])
    assert.ok(!admits(path), `${path} would be sent`);
  assert.ok(!admits('libs/octopus/native/build/Release/octopus.node'));
  assert.ok(!admits('libs/fan-out/native/build/Release/fan-out.node'));
  assert.ok(!admits('libs/octopus/src/engine.spec.ts'));
  for (const path of [
    'package-lock.json',
    'scripts/build.mjs',
    'libs/octopus/src/engine.ts',
    'libs/octopus/native/hash.cpp',
  ])
    assert.ok(admits(path), `${path} is missing`);
}

/** Resolves to the folder that is /app in the image. */
async function buildImage(stages) {
  const context = join(TEMP, 'context');
  copyContext(ROOT, context, contextFilter(read('.dockerignore')));
  const roots = await layOut(stages, context, join(TEMP, 'stages'), async (command, { cwd, env }) => {
    if (command.startsWith('apt-get ')) return skipApt(command);
    say(`      RUN ${command}`);
    const { code, all } = await run(['sh', '-c', command], { cwd, env: buildEnvironment(env) });
    assert.equal(code, 0, `RUN ${command}: ${code}\n${tail(all)}`);
  });
  return join(roots.final, 'app');
}

/** This machine has its own packages; what they bring must be there. */
function skipApt(command) {
  const missing = ['python3', 'make', 'g++'].filter((tool) => spawnSync(tool, ['--version']).error);
  assert.deepEqual(missing, [], 'not installed (Debian: apt-get install python3 make g++)');
  say(`      RUN ${command}\n          skipped: the tools are here already`);
}

/** The caller's environment (registry, proxies, caches) without what npm adds for scripts, and the stage's own. */
function buildEnvironment(stageEnv) {
  const own = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(package|lifecycle|command|execpath|node|config_local_prefix)|INIT_CWD|NODE_ENV)/.test(name),
  );
  const env = { ...Object.fromEntries(own), ...stageEnv };
  // Where Node.js is in the base image it need not be here.
  const prefix = dirname(dirname(process.execPath));
  const hasHeaders = (folder) => existsSync(join(folder, 'include/node/node_version.h'));
  if (hasHeaders(prefix)) env.npm_config_nodedir = prefix;
  else if (!hasHeaders(env.npm_config_nodedir)) delete env.npm_config_nodedir;
  return env;
}

function checkContent(app) {
  assert.deepEqual(readdirSync(app).sort(), ['dist', 'libs', 'node_modules', 'package.json']);
  const addons = readdirSync(join(app, 'libs'), { recursive: true, withFileTypes: true });
  assert.deepEqual(
    addons
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort(),
    ['fan-out.node', 'octopus.node'],
  );
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json'));
  const installed = (name) => existsSync(join(app, 'node_modules', name));
  for (const name of Object.keys(dependencies)) assert.ok(installed(name), `${name} is missing`);
  for (const name of ['@xcfx', 'typescript', ...Object.keys({ ...devDependencies, ...optionalDependencies })])
    assert.ok(!installed(name), `${name} is there`);
}

/** The image's file system and user, as near as a process comes to them. */
class Container {
  constructor(app, stage) {
    this.app = app;
    this.env = { PATH: '/usr/bin:/bin', ...environmentOf(stage) };
    const [uid, gid] = setting(stage, 'USER').split(':').map(Number);
    this.user = process.getuid() === 0 ? { uid, gid } : {};
    if (process.getuid() !== 0) say(`      not root: the programs run as you, not as ${uid}:${gid}`);
    // A Node.js in somebody's home cannot be run by others.
    this.node = process.execPath;
    if (spawnSync(this.node, ['--version'], this.user).status !== 0) {
      this.node = join(TEMP, 'node');
      copyFileSync(process.execPath, this.node);
    }
  }

  options(env) {
    return { cwd: this.app, env: { ...this.env, ...env }, ...this.user };
  }

  command([command, ...args]) {
    return [command === 'node' ? this.node : command, ...args];
  }

  start(command, env) {
    return start(this.command(command), this.options(env));
  }

  run(command, env = {}) {
    return run(this.command(command), this.options(env), 20_000);
  }
}

async function checkPrograms(container, stage, services) {
  const gateway = setting(stage, 'CMD');
  const health = setting(stage, 'HEALTHCHECK');
  const worker = services['pow-worker'];
  const [stratum, http, pow, powHttp, closed] = await freePorts(5);
  const secret = await check('bridge.env.example tells how to make the secret', async () => {
    const [, script] = /pow-worker node -p "(.*)"$/m.exec(read('deploy/bridge.env.example'));
    const { code, stdout, stderr } = await container.run(['node', '-p', script]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^[0-9a-f]{64}\n$/);
    return stdout.trim();
  });
  /** As compose starts it, but for the ports of this machine and a node that is not there. */
  const settings = {
    ...services.gateway.environment,
    STRATUM_SECRET: secret,
    UPSTREAMS: `stratum://:pw@127.0.0.1:${closed}?rpc=http://127.0.0.1:${closed}`,
    STRATUM_LISTEN: `0.0.0.0:${stratum}`,
    HTTP_LISTEN: `127.0.0.1:${http}`,
    POW_TCP: `127.0.0.1:${pow}`,
  };

  await check('the user cannot change the program', async () => {
    if (process.getuid() !== 0) return say('      not root: not checked');
    for (const path of ['.', 'dist', 'node_modules', gateway[1]])
      assert.equal((await container.run(['test', '-w', path])).code, 1, `${path} can be written`);
  });
  await check('a refused setting ends either program with code 2 and one line', async () => {
    const refused = async (command, env, pattern) => {
      const { code, stdout, stderr } = await container.run(command, env);
      assert.equal(code, 2, stdout + stderr);
      assert.match(stderr, pattern);
      assert.equal(
        stderr.trimEnd().split('\n').length + stdout.length,
        1,
        `not one line:\n${stdout}${stderr}`,
      );
    };
    await refused(gateway, {}, /^UPSTREAMS is not set/);
    await refused(gateway, { ...settings, POW_TRANSPORT: 'smoke' }, /^POW_TRANSPORT = smoke/);
    // The example as it is.
    await refused(gateway, services.gateway.environment, /^STRATUM_LISTEN .* would let anybody in/);
    await refused(worker.command, { POW_TCP: '0.0.0.0:0' }, /^POW_TCP .* would serve anybody/);
  });

  await check(
    'the gateway alone: alive, not ready, the addon in use, miners let in by password only',
    async () => {
      const program = container.start(gateway, { ...settings, POW_TRANSPORT: 'embedded' });
      await program.prints('miners connect to');
      await program.prints(NATIVE);
      assert.equal(await statusOf(http, 'live'), 200);
      assert.equal(await statusOf(http, 'ready'), 503);
      assert.equal(await subscribe(stratum, 'nobody knows it'), '{"jsonrpc":"2.0","result":false,"id":1}');
      assert.equal(await subscribe(stratum, PASSWORD), '{"jsonrpc":"2.0","result":true,"id":1}');
      const env = { HTTP_LISTEN: settings.HTTP_LISTEN };
      assert.equal((await container.run(health, env)).code, 0, 'the health check of the image fails');
      assert.equal(await program.stop(), 0, 'SIGTERM does not end it in order');
      assert.equal((await container.run(health, env)).code, 1, 'the health check passes without a gateway');
    },
  );
  await check('the gateway and the pow-worker as docker-compose.yml starts them', async () => {
    const healthOf = ({ healthcheck }) => healthcheck.test.slice(1).map((word) => word.replaceAll('$$', '$'));
    assert.deepEqual(healthOf(services.gateway), health, 'not the health check of the Dockerfile');
    const workerHealth = healthOf(worker);
    const listens = { POW_TCP: `0.0.0.0:${pow}`, POW_HTTP: `127.0.0.1:${powHttp}` };
    assert.notEqual(
      (await container.run(workerHealth, listens)).code,
      0,
      'its health check passes without a pow-worker',
    );
    const hasher = container.start(worker.command, { ...worker.environment, ...listens });
    await hasher.prints(`pow-worker (octopus, ${ISA}) listens on`);
    assert.equal(
      (await container.run(workerHealth, listens)).code,
      0,
      'the health check of the pow-worker fails',
    );
    const program = container.start(gateway, settings);
    await program.prints(`${NATIVE}, and in pow-workers at 127.0.0.1:${pow}`);
    await program.prints('miners connect to');
    assert.equal(await statusOf(http, 'live'), 200);
    assert.deepEqual(
      [await program.stop(), await hasher.stop()],
      [0, 0],
      'SIGTERM does not end them in order',
    );
  });
}

const statusOf = async (port, page) => (await fetch(`http://127.0.0.1:${port}/health/${page}`)).status;

/** The gateway's answer to a miner's first line. */
async function subscribe(port, password) {
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'mining.subscribe', params: ['rig', password] })}\n`,
  );
  const [line] = await once(createInterface(socket), 'line', { signal: AbortSignal.timeout(10_000) });
  socket.destroy();
  return line;
}
