/**
 * Reads a Dockerfile and carries its stages out in folders: COPY copies, RUN runs. Knows what ours needs and refuses
 * the rest. A stage's folder stands for its file system; base images are not there, so RUN finds this machine's tools.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';

/** Stages in order: `{ name, base, steps: [{ op, args }] }`. */
export function parseDockerfile(text) {
  const lines = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n/g, ' ');
  const stages = [];
  for (const line of lines.split('\n').filter((line) => line.trim() !== '')) {
    const [, op, args] = /^(\w+)\s+(.*)$/.exec(line.trim());
    if (op === 'FROM') {
      const [, base, name = 'final'] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(args);
      stages.push({ base, name, steps: [] });
    } else stages.at(-1)?.steps.push({ op, args });
  }
  return stages;
}

/** The last CMD, HEALTHCHECK or USER of a stage. The first two must be in exec form; they come as arrays. */
export function setting({ steps }, op) {
  const args = steps.findLast((step) => step.op === op)?.args;
  if (args === undefined || op === 'USER') return args;
  return JSON.parse(args.slice(args.indexOf('[')));
}

export const environmentOf = ({ steps }) =>
  Object.fromEntries(
    steps
      .filter(({ op }) => op === 'ENV')
      .flatMap(({ args }) => args.split(/\s+/).map((pair) => pair.split(/=(.*)/s, 2))),
  );

/** Carries out the stages below `target`. `runStep(command, { cwd, env })` rejects to fail the build. */
export async function layOut(stages, context, target, runStep) {
  const roots = Object.fromEntries(stages.map(({ name }) => [name, join(target, name)]));
  for (const stage of stages) {
    const root = roots[stage.name];
    let cwd = '/';
    for (const { op, args } of stage.steps) {
      if (op === 'WORKDIR') {
        cwd = posix.resolve(cwd, args);
        mkdirSync(join(root, cwd), { recursive: true });
      } else if (op === 'COPY') copy(args, { context, roots, root, cwd });
      else if (op === 'RUN') await runStep(args, { cwd: join(root, cwd), env: environmentOf(stage) });
      else if (!['ENV', 'USER', 'EXPOSE', 'HEALTHCHECK', 'CMD'].includes(op))
        throw new Error(`this check does not know the instruction ${op}`);
    }
  }
  return roots;
}

/** As Docker does: of a folder its content; a file into a folder where the target ends with / or there are several. */
function copy(args, { context, roots, root, cwd }) {
  const words = args.split(/\s+/);
  const from = words[0].startsWith('--from=') ? roots[words.shift().slice('--from='.length)] : context;
  const to = words.pop();
  for (const word of words) {
    const source = join(from, word);
    if (!existsSync(source)) throw new Error(`COPY ${args}: ${word} does not exist`);
    const into = join(root, posix.resolve(cwd, to));
    const isFolder = statSync(source).isDirectory();
    const place = !isFolder && (to.endsWith('/') || words.length > 1) ? join(into, basename(word)) : into;
    mkdirSync(dirname(place), { recursive: true });
    cpSync(source, place, { recursive: true, verbatimSymlinks: true });
  }
}

/** `.dockerignore` as a function from a path to whether it reaches the builder. The last matching rule decides. */
export function contextFilter(text) {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ admits: line.startsWith('!'), pattern: toRegExp(line.replace(/^!/, '')) }));
  return (path) => rules.findLast(({ pattern }) => pattern.test(path))?.admits ?? true;
}

/** Matches the path and everything below it. */
function toRegExp(glob) {
  const source = glob
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => GLOBS[part] ?? part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`))
    .join('');
  return new RegExp(`^${source}(?:/|$)`);
}

const GLOBS = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };

/** Copies what the filter admits. Nothing is looked for below a folder that it refuses. */
export function copyContext(source, target, admits, below = '') {
  mkdirSync(join(target, below), { recursive: true });
  for (const entry of readdirSync(join(source, below), { withFileTypes: true })) {
    const path = posix.join(below, entry.name);
    if (!admits(path)) continue;
    if (entry.isDirectory()) copyContext(source, target, admits, path);
    else cpSync(join(source, path), join(target, path), { verbatimSymlinks: true });
  }
}
