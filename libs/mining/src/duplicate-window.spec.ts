import { expect, it } from 'vitest';
import { DuplicateWindow } from './duplicate-window.js';

it('forgets the oldest share beyond its capacity', async () => {
  const window = new DuplicateWindow(2);
  const judged: string[] = [];
  const once = (key: string) =>
    window.once({ dedupKey: key, exactKey: key }, () => {
      judged.push(key);
      return Promise.resolve({ kind: 'accepted' });
    });
  for (const key of ['a', 'b', 'c', 'c', 'a']) await once(key);
  expect(judged).toEqual(['a', 'b', 'c', 'a']);
  expect(window.size).toBe(2);
});
