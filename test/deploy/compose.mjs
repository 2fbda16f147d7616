/** docker-compose.yml as docker-compose reads it, its example files, and the node's image and health check. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { parseDockerfile, setting } from './dockerfile.mjs';
import { check, freePorts, ROOT, run, TEMP } from './harness.mjs';

const SECRETS = ['bridge', 'conflux'];
/** Nothing of the caller's settings: a CONFLUX_TAG of his would hide a default that is missing. */
const env = { PATH: process.env.PATH };
const read = (path) => readFileSync(join(ROOT, path), 'utf8');

/** A copy of what compose reads, with the secret files made from their examples. */
const folder = join(TEMP, 'compose');

/** Rejects when docker-compose is not there, refuses the file or warns. */
async function composeConfig() {
  const short = await run(['docker-compose', 'version', '--short'], { env });
  assert.equal(
    short.code,
    0,
    `docker-compose does not run; it is Debian's package docker-compose\n${short.stderr}`,
  );
  const { code, stderr } = await run(['docker-compose', 'config'], { cwd: folder, env });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '', 'docker-compose warns');
  // 1.29 prints YAML only. It is a Python program and brings a parser along.
  const toJson = 'import json,sys,yaml;print(json.dumps(yaml.safe_load(open(0))))';
  const json = short.stdout.startsWith('1.')
    ? ['sh', '-c', `docker-compose config | /usr/bin/python3 -c '${toJson}'`]
    : ['docker-compose', 'config', '--format', 'json'];
  return JSON.parse((await run(json, { cwd: folder, env })).stdout);
}

function prepareFolder() {
  mkdirSync(folder, { recursive: true });
  for (const path of ['docker-compose.yml', 'Dockerfile', 'deploy'])
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  for (const name of SECRETS)
    cpSync(join(ROOT, `deploy/${name}.env.example`), join(folder, `deploy/${name}.env`));
}

/** Resolves to the services as docker-compose understands them; undefined when it does not. */
export async function checkCompose() {
  prepareFolder();
  const config = await check('docker-compose config takes the file, without a warning', composeConfig);
  await checkHealthScript();
  if (config === undefined) return undefined;
  const { services, networks } = config;

  await check('the services are conflux, gateway and pow-worker', () => {
    assert.deepEqual(Object.keys(services).sort(), ['conflux', 'gateway', 'pow-worker']);
  });
  for (const [name, service] of Object.entries(services)) {
    await check(`${name}: locked down, bounded, restarted, watched, its log rotated`, () =>
      checkService(service),
    );
  }
  await check('only the port for miners and the one for peers are published', () => {
    assert.deepEqual(published(services.gateway), ['32525:32525/tcp']);
    assert.deepEqual(published(services.conflux), ['32323:32323/tcp', '32323:32323/udp']);
    assert.deepEqual(published(services['pow-worker']), []);
  });
  await check('the node and the worker share internal networks with the gateway and nobody else', () => {
    const members = (network) => Object.keys(services).filter((name) => network in services[name].networks);
    assert.deepEqual(members('node'), ['conflux', 'gateway']);
    assert.deepEqual(members('pow'), ['gateway', 'pow-worker']);
    assert.deepEqual(members('peers'), ['conflux']);
    assert.deepEqual(members('miners'), ['gateway']);
    assert.ok(networks.node.internal && networks.pow.internal);
  });
  await check('the gateway listens to miners, keeps its health to itself and finds the worker', () => {
    const { environment: gateway } = services.gateway;
    const { environment: worker } = services['pow-worker'];
    assert.equal(gateway.STRATUM_LISTEN, '0.0.0.0:32525');
    assert.equal(gateway.HTTP_LISTEN, '127.0.0.1:8525');
    assert.equal(gateway.POW_TRANSPORT, 'tcp');
    assert.equal(gateway.POW_TCP, worker.POW_TCP.replace('0.0.0.0', 'pow-worker'));
    assert.equal(worker.POW_HTTP, '127.0.0.1:32528');
    assert.ok(!('STRATUM_ALLOW_ANONYMOUS' in gateway), 'nobody may get in without the password by default');
  });
  await check('the gateway and the worker are one image, built once', () => {
    assert.equal(services.gateway.image, services['pow-worker'].image);
    // 1.29 builds what is depended on first; newer versions cannot build one tag twice at the same time.
    assert.ok('pow-worker' in services.gateway.depends_on);
    assert.ok(services['pow-worker'].build && !services.gateway.build);
  });
  await check('the node runs as the user of its image, with its data in a named volume', () => {
    const [stage] = parseDockerfile(read('deploy/conflux/Dockerfile').replace(/^ARG.*$/m, ''));
    assert.equal(stage.base, 'confluxchain/conflux-rust:${CONFLUX_TAG}');
    assert.equal(services.conflux.user, setting(stage, 'USER'));
    const mounts = Object.fromEntries(services.conflux.volumes.map((mount) => [mount.target, mount]));
    assert.ok(mounts['/etc/conflux'].read_only, 'its configuration is not its to change');
    assert.equal(mounts['/data'].type, 'volume');
    assert.ok(mounts['/data'].source in config.volumes);
    assert.equal(services.conflux.environment.HOME, '/data');
  });
  await check('hydra.toml.example, bridge.env.example and docker-compose.yml agree', () =>
    checkExamples(services),
  );
  await check(
    'secrets are in files that git and Docker ignore, and without them nothing starts',
    async () => {
      assert.doesNotMatch(read('docker-compose.yml'), /(SECRET|PASSWORD|UPSTREAMS)\w*\s*[:=]\s*\S/);
      assert.ok(!('STRATUM_SECRET' in services['pow-worker'].environment));
      const ignored = read('deploy/.gitignore').split('\n');
      assert.ok(ignored.includes('*.env') && ignored.includes('conflux-run/'));
      for (const name of SECRETS) {
        rmSync(join(folder, `deploy/${name}.env`));
        assert.notEqual((await run(['docker-compose', 'config', '-q'], { cwd: folder, env })).code, 0);
        prepareFolder();
      }
    },
  );
  return services;
}

function checkService(service) {
  const [uid] = String(service.user).split(':');
  assert.match(uid, /^[1-9]\d*$/, 'the user is a number and not root');
  assert.equal(service.read_only, true, 'read-only root file system');
  assert.deepEqual(service.cap_drop, ['ALL']);
  assert.ok(service.security_opt.includes('no-new-privileges:true'));
  for (const key of ['cap_add', 'privileged', 'network_mode', 'pid', 'ipc', 'devices'])
    assert.ok(!(key in service), `${key} undoes it`);
  assert.equal(service.restart, 'unless-stopped');
  assert.match(String(service.mem_limit), /^\d+[bkmg]?$/, 'a memory limit');
  assert.ok(Number(service.cpus) > 0, 'a CPU limit');
  assert.ok(service.pids_limit > 0, 'a limit of processes');
  assert.ok(service.healthcheck, 'a health check');
  assert.equal(service.healthcheck.test[0], 'CMD', 'a health check in exec form: no shell is needed');
  for (const key of ['interval', 'timeout', 'retries', 'start_period'])
    assert.ok(service.healthcheck[key], key);
  assert.equal(service.logging.driver, 'json-file');
  assert.ok(service.logging.options['max-size'] && service.logging.options['max-file'], 'the log has an end');
}

/** `published:target/protocol`, without the address; 1.29 has short texts, newer versions objects. */
function published({ ports = [] }) {
  return ports.map((port) => {
    if (typeof port !== 'string') return `${port.published}:${port.target}/${port.protocol}`;
    const parts = port.split(':');
    if (isIP(parts[0])) parts.shift();
    return parts.join(':');
  });
}

function checkExamples({ conflux, gateway }) {
  const toml = Object.fromEntries(
    [...read('deploy/hydra.toml.example').matchAll(/^(\w+) = "?([^"\n]*)"?$/gm)].map(([, key, value]) => [
      key,
      value,
    ]),
  );
  const upstream = new URL(gateway.environment.UPSTREAMS);
  assert.equal(upstream.host, `conflux:${toml.stratum_port}`);
  assert.equal(upstream.searchParams.get('rpc'), `http://conflux:${toml.jsonrpc_http_port}`);
  assert.equal(conflux.healthcheck.test.at(-1), toml.jsonrpc_http_port);
  assert.equal(toml.stratum_listen_address, '0.0.0.0');
  assert.match(toml.stratum_secret, /^[0-9a-f]{64}$/);
  assert.equal(toml.mining_type, 'stratum');
  assert.equal(toml.pow_problem_window_size, '10');
  assert.equal(toml.tcp_port, '32323');
  for (const key of ['conflux_data_dir', 'pos_private_key_path']) assert.match(toml[key], /^\/data\//);
  for (const key of ['pos_config_path', 'pos_initial_nodes_path'])
    assert.match(toml[key], /^\/etc\/conflux\//);
  assert.equal(gateway.environment.STRATUM_SECRET, '', 'the example has a secret that everybody knows');
}

/** The node's health check against something that answers as the node does; the node itself needs a chain. */
async function checkHealthScript() {
  const healthCheck = (port) =>
    run([join(ROOT, 'deploy/conflux/health.sh'), String(port)], { env }, 5000).then(({ code }) => code);
  await check('the health check of the node tells a result from an error and from silence', async () => {
    let reply = '{"jsonrpc":"2.0","result":{"bestHash":"0x00"},"id":1}';
    const server = createServer((request, response) => {
      const isCall = request.method === 'POST' && request.headers['content-type'] === 'application/json';
      request.on('data', (body) =>
        response.end(isCall && JSON.parse(body).method === 'cfx_getStatus' ? reply : ''),
      );
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address();
    try {
      assert.equal(await healthCheck(port), 0);
      reply = '{"jsonrpc":"2.0","error":{"code":-32603,"message":"busy"},"id":1}';
      assert.notEqual(await healthCheck(port), 0);
    } finally {
      server.close();
    }
    const [closed] = await freePorts(1);
    assert.notEqual(await healthCheck(closed), 0);
  });
}
