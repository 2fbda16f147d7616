/**
 * `npm run test:deploy`: what can be proved of Dockerfile and docker-compose.yml without a Docker engine.
 * Needs docker-compose, a C++ compiler and the package registry; takes a minute or two. As root it runs the programs as
 * the image's user; otherwise as you.
 */
import { checkCompose } from './compose.mjs';
import { runChecks } from './harness.mjs';
import { checkImage } from './image.mjs';

await runChecks(async () => checkImage(await checkCompose()));
