import { expect, it } from 'vitest';
import { openFilesWarning } from './open-files.js';

it('warns only where there is too little room', () => {
  expect(openFilesWarning(16_384, 17_408)).toBeUndefined();
  expect(openFilesWarning(16_384, 17_407)).toContain('may open 17407 files, too few for 16384 connections');
  expect(openFilesWarning(16_384, 17_407)).toContain('raise it to 17408');
});

it('reads the limit of this process', () => {
  expect(openFilesWarning(2 ** 40)).toMatch(/may open \d+ files/);
});
