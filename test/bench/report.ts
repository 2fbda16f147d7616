/** What a bench says: rows of sections and the figures of the issue, as text for a terminal and as a markdown page. */

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** How many times better than the node's wrong submit; left out where there is nothing to compare. */
  readonly ratio?: number;
  /** Spread, threads, anything that the number alone does not say. */
  readonly note?: string;
}

export interface Section {
  readonly title: string;
  /** How it was measured, one or two sentences. */
  readonly about: string;
  readonly rows: readonly Row[];
}

/** A figure that was promised: a ratio unless it has a unit. */
export interface Figure {
  readonly name: string;
  /** Empty for a count. */
  readonly unit?: string;
  /** Whether less is better: times and memory. */
  readonly less?: boolean;
  readonly atLeast: number;
  readonly aim: number;
  /** Undefined when a part that it needs was not measured. */
  readonly reached: number | undefined;
  /** The same of the real node in this run, where it has one. */
  readonly node?: number | undefined;
}

export interface Report {
  readonly title: string;
  /** How the page is made, and how to read it. */
  readonly about: string;
  /** What the rows' ratios compare with, the head of their column. */
  readonly comparedTo?: string;
  /** Facts of machine and run, in order. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly sections: readonly Section[];
  readonly figures: readonly Figure[];
}

interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of numbers, which stand to the right. */
  readonly right: readonly number[];
}

const DIGITS = 3;

/** Three significant digits, thousands with commas: 0.0123, 4.87, 203, 5,980. */
export function format(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const rounded = Number(value.toPrecision(DIGITS));
  const decimals = value === 0 ? 0 : Math.max(0, DIGITS - 1 - Math.floor(Math.log10(Math.abs(rounded))));
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return rounded.toLocaleString('en-US', options);
}

export function renderText({ comparedTo, facts, sections, figures }: Report): string {
  const parts = [
    facts.map(([name, value]) => `${name}: ${value}\n`).join(''),
    ...sections.map(({ title, rows }) => `${title}\n${textTable(rowTable(rows, comparedTo))}`),
    ...(figures.length === 0 ? [] : [textTable(figureTable(figures))]),
  ];
  return parts.join('\n');
}

export function renderMarkdown({ title, about, comparedTo, facts, sections, figures }: Report): string {
  const parts = [
    `# ${title}\n`,
    `${about}\n`,
    facts.map(([name, value]) => `- ${name}: ${value}\n`).join(''),
    `## Figures\n\n${markdownTable(figureTable(figures))}`,
    ...sections.map(
      (section) =>
        `## ${section.title}\n\n${section.about}\n\n${markdownTable(rowTable(section.rows, comparedTo))}`,
    ),
  ];
  return parts.join('\n');
}

function rowTable(rows: readonly Row[], comparedTo = 'x node'): Table {
  return {
    head: ['what', 'value', 'unit', comparedTo, 'note'],
    rows: rows.map(({ name, value, unit, ratio, note }) => {
      return [name, format(value), unit, ratio === undefined ? '' : times(ratio), note ?? ''];
    }),
    right: [1, 3],
  };
}

function figureTable(figures: readonly Figure[]): Table {
  const ofNode = figures.some(({ node }) => node !== undefined);
  return {
    head: ['figure', ...(ofNode ? ['node'] : []), 'reached', 'at least', 'aim', 'so'],
    rows: figures.map((figure) => {
      const { name, atLeast, aim, reached, node, unit = 'x' } = figure;
      const values = ofNode ? [node, reached, atLeast, aim] : [reached, atLeast, aim];
      const cells = values.map((value) => quantity(value, unit));
      return [name, ...cells, outcomeOf(figure)];
    }),
    right: ofNode ? [1, 2, 3, 4] : [1, 2, 3],
  };
}

function quantity(value: number | undefined, unit: string): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  if (unit === '') return value.toLocaleString('en-US');
  return unit === 'x' ? times(value) : `${format(value)} ${unit}`;
}

function outcomeOf({ atLeast, aim, reached, less = false }: Figure): string {
  if (reached === undefined || Number.isNaN(reached)) return 'not measured';
  const reaches = (mark: number): boolean => (less ? reached <= mark : reached >= mark);
  if (!reaches(atLeast)) return 'not reached';
  return reaches(aim) ? 'aim reached' : 'reached';
}

const times = (ratio: number): string => `${format(ratio)}x`;

function padded({ head, rows, right }: Table, leastWidth = 0): string[][] {
  const table = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(leastWidth, ...table.map((cells) => cells[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return right.includes(column) ? cell.padStart(width) : cell.padEnd(width);
  };
  return table.map((cells) => cells.map(pad));
}

function textTable(table: Table): string {
  return padded(table)
    .map((cells) => `  ${cells.join('  ').trimEnd()}\n`)
    .join('');
}

function markdownTable(table: Table): string {
  const [head = [], ...rows] = padded(table, 3);
  const rule = head.map(({ length }, column) =>
    table.right.includes(column) ? `${'-'.repeat(length - 1)}:` : '-'.repeat(length),
  );
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
