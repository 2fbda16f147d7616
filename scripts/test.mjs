/** `npm test`: build, types, lint, unit and end-to-end tests, one after the other, stopping at the first failure. */
import { build, checkNode, run, runTool, say } from './steps.mjs';

checkNode();
try {
  await build();
  say('> types');
  await runTool('typescript/bin/tsc', ['-p', 'tsconfig.json', '--noEmit']);
  say('> lint');
  await run('npm', ['run', '--silent', 'lint']);
  say('> unit and end-to-end tests');
  await runTool('vitest/vitest.mjs', ['run']);
} catch (error) {
  process.stderr.write(`tests failed: ${error.message}\n`);
  process.exit(1);
}
