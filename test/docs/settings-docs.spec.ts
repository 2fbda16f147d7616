/** README, docs/limits.md and .env.example say what the code says. After a change of settings: `npm run docs:settings`. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import { EngineSettings } from '#libs/octopus';
import { describeSettings, renderEnvFile, renderTable, type SettingGroup } from '#libs/settings';
import { MinerSettings } from '../../apps/cpu-miner/src/settings.js';
import { WorkerSettings } from '../../apps/pow-worker/src/settings.js';
import { LimitSettings } from '../../apps/stratum-gateway/src/limit-settings.js';
import { GatewaySettings } from '../../apps/stratum-gateway/src/settings.js';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const LIMITS = fileURLToPath(new URL('../../docs/limits.md', import.meta.url));
const ENV_EXAMPLE = fileURLToPath(new URL('../../.env.example', import.meta.url));

const GROUPS: readonly (SettingGroup & { readonly marker: string; readonly file?: string })[] = [
  { marker: 'gateway', title: 'Gateway', rows: describeSettings(GatewaySettings) },
  { marker: 'limits', title: 'Limits of the gateway', rows: describeSettings(LimitSettings), file: LIMITS },
  { marker: 'worker', title: 'pow-worker', rows: describeSettings(WorkerSettings) },
  { marker: 'engine', title: 'Octopus, in all three', rows: describeSettings(EngineSettings) },
  { marker: 'miner', title: 'CPU miner', rows: describeSettings(MinerSettings) },
];

it.each([README, LIMITS])('the tables in %s', async (page) => {
  let text = readFileSync(page, 'utf8');
  for (const { marker, rows, file = README } of GROUPS) {
    if (file !== page) continue;
    const [open, close] = [`<!-- settings:${marker} -->`, `<!-- /settings:${marker} -->`];
    expect(text.split(open), `one ${open} in ${page}`).toHaveLength(2);
    const [before = '', rest = ''] = text.split(open);
    text = `${before}${open}\n\n${renderTable(rows)}\n\n${close}${rest.split(close)[1] ?? ''}`;
  }
  const formatted = await format(text, { ...(await resolveConfig(page)), parser: 'markdown' });
  await expect(formatted).toMatchFileSnapshot(page);
});

it('.env.example', async () => {
  await expect(renderEnvFile(GROUPS)).toMatchFileSnapshot(ENV_EXAMPLE);
});
