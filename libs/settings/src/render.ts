/** Settings as documentation: the README's table and .env.example. */
import type { SettingRow } from './setting.js';

export interface SettingGroup {
  readonly title: string;
  readonly rows: readonly SettingRow[];
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** A Markdown table. */
export function renderTable(rows: readonly SettingRow[]): string {
  const lines = rows.map((row) => {
    const fallback = row.default === '' ? '–' : `\`${row.default}\``;
    return `| \`${row.name}\` | ${fallback} | ${cell(row.accepts)} | ${cell(row.about)} |`;
  });
  return ['| variable | default | accepts | what it does |', '| --- | --- | --- | --- |', ...lines].join(
    '\n',
  );
}

/** An env file with every setting commented out at its default. */
export function renderEnvFile(groups: readonly SettingGroup[]): string {
  const seen = new Set<string>();
  const blocks = groups.map(({ title, rows }) => {
    const fresh = rows.filter(({ name }) => !seen.has(name));
    for (const { name } of fresh) seen.add(name);
    const lines = fresh.map(
      (row) => `# ${row.about} Accepts: ${row.accepts}.\n# ${row.name}=${row.default}\n`,
    );
    return `# ${title}\n\n${lines.join('\n')}`;
  });
  return blocks.join('\n');
}
