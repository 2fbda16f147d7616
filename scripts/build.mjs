/** `npm run build`: everything a fresh clone needs to run. */
import { build, checkNode } from './steps.mjs';

checkNode();
try {
  await build();
} catch (error) {
  process.stderr.write(`build failed: ${error.message}\n`);
  process.exit(1);
}
