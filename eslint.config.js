import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The dependency rules of docs/architecture.md. Each library names all that it may import from the project; third-party
 * packages and Node's modules are free except for the pure libraries.
 */
const LIBS = {
  mining: [],
  stratum: ['mining'],
  contracts: ['mining'],
  settings: [],
  telemetry: ['settings'],
  octopus: ['mining', 'settings'],
  'node-rpc': ['mining', 'stratum'],
  devchain: [],
  'fan-out': [],
  testkit: ['mining', 'stratum'],
};
/** Libraries that know no socket, no clock, no randomness and no framework. */
const PURE = ['mining', 'stratum'];
const APPS = ['stratum-gateway', 'pow-worker', 'cpu-miner'];
const SPECS = ['**/*.spec.ts'];

const restrict = (...patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] });
const reachedThroughIndex = {
  regex: '(^|/)libs/',
  message: 'Reach a library through its index: #libs/<name>.',
};
const otherLibs = (lib, allowed) => ({
  regex: `^#libs/(?!(${[lib, ...allowed].join('|')})$)`,
  message: `libs/${lib} may import ${allowed.map((name) => `#libs/${name}`).join(', ') || 'no other library'}.`,
});
const outsideOfPure = {
  regex: '^(?!\\.|#libs/|rxjs$)',
  message: 'This library is pure: no packages, no Node modules.',
};
const ownFolderOnly = {
  regex: '^(\\.\\./)+([^/]+/)*src/',
  message: 'Relative imports stay inside the library.',
};

const libRules = Object.entries(LIBS).map(([lib, allowed]) => ({
  files: [`libs/${lib}/**/*.ts`],
  ignores: SPECS,
  rules: restrict(otherLibs(lib, allowed), ownFolderOnly, ...(PURE.includes(lib) ? [outsideOfPure] : [])),
}));

const appRules = APPS.map((app) => ({
  files: [`apps/${app}/**/*.ts`],
  ignores: SPECS,
  rules: restrict(
    reachedThroughIndex,
    { regex: '^#libs/(testkit|devchain)$', message: 'Only tests and the demo use it.' },
    {
      regex: `(^|/)(${APPS.filter((other) => other !== app).join('|')})/`,
      message: 'An app never imports another app.',
    },
  ),
}));

const noClockNoRandomness = {
  files: PURE.map((lib) => `libs/${lib}/**/*.ts`),
  ignores: SPECS,
  rules: {
    'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'setImmediate', 'performance', 'process'],
    'no-restricted-properties': [
      'error',
      { object: 'Date', property: 'now', message: 'Pass the time in.' },
      { object: 'Math', property: 'random', message: 'Pass randomness in.' },
    ],
  },
};

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'libs/*/native/build'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allow: [{ name: ['bigint'], from: 'lib' }] },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      // Nest's option classes and validated DTOs are written as literals.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-control-regex': 'off',
    },
  },
  {
    // Typed arrays read within bounds that the algorithm fixes.
    files: ['libs/octopus/src/reference/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['scripts/**/*.mjs', '**/*.mjs', 'eslint.config.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        fetch: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        Buffer: 'readonly',
        AbortSignal: 'readonly',
      },
    },
  },
  ...libRules,
  ...appRules,
  noClockNoRandomness,
);
