import { expect, it } from 'vitest';
import { BuildProgressReport } from './build-progress.js';

function reportTo(isTTY: boolean): { update: (built: number) => void; shown: string[]; logged: string[] } {
  const shown: string[] = [];
  const logged: string[] = [];
  let now = 0;
  const report = new BuildProgressReport(
    3,
    { info: (line: unknown) => logged.push(String(line)) } as never,
    { isTTY, write: (text) => shown.push(text) },
    () => (now += 1000),
  );
  return { update: (builtPages) => report.update({ builtPages, pages: 1000 }), shown, logged };
}

it('a bar with the time left on a terminal', () => {
  const { update, shown, logged } = reportTo(true);
  update(0);
  update(500);
  expect(shown.map((text) => text.replace('\r\x1b[K', ''))).toEqual([
    `data set of stage 3 [${'.'.repeat(30)}] 0 %`,
    `data set of stage 3 [${'#'.repeat(15)}${'.'.repeat(15)}] 50 %, 1 s left`,
  ]);
  expect(logged).toEqual([]);
});

it('a line every tenth elsewhere', () => {
  const { update, shown, logged } = reportTo(false);
  for (let built = 0; built <= 1000; built += 50) update(built);
  expect(shown).toEqual([]);
  expect(logged).toHaveLength(9);
  expect(logged[0]).toBe('data set of stage 3: 10 %, 18 s left');
  expect(logged[8]).toBe('data set of stage 3: 90 %, 3 s left');
});
