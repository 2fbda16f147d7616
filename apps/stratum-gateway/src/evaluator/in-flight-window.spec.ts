import { expect, it } from 'vitest';
import { InFlightWindow } from './in-flight-window.js';

it('halves once for what was in flight together, and says when one at a time is too much', () => {
  const window = new InFlightWindow(8);
  expect([window.shrink(10, 20), window.size]).toEqual([true, 4]);
  expect([window.shrink(15, 21), window.size]).toEqual([true, 4]);
  expect([window.shrink(20, 30), window.size]).toEqual([true, 2]);
  expect([window.shrink(30, 40), window.size]).toEqual([true, 1]);
  expect(window.shrink(39, 41)).toBe(true);
  expect(window.shrink(40, 50)).toBe(false);
});

it('grows by one a round, up to its bound', () => {
  const window = new InFlightWindow(4);
  window.shrink(1, 2);
  for (let answer = 0; answer < 3; answer++) window.grow();
  expect(window.size).toBe(3);
  for (let answer = 0; answer < 100; answer++) window.grow();
  expect(window.size).toBe(4);
  window.inFlight = 4;
  expect(window.isFull).toBe(true);
});
