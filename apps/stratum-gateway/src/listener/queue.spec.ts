import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Queue } from './queue.js';

it('has the oldest member of those that are left, however often it is asked', () => {
  const step = fc.tuple(fc.constantFrom('add', 'delete', 'delete oldest', 'ask'), fc.nat(50));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new Queue<number>();
      let expected: number[] = [];
      let next = 0;
      for (const [what, which] of steps) {
        if (what === 'add') {
          queue.add(next);
          expected.push(next);
          next += 1;
        } else if (what === 'ask') {
          expect(queue.oldest).toBe(expected[0]);
        } else {
          const member = what === 'delete' ? expected[which % expected.length] : expected[0];
          if (member !== undefined) queue.delete(member);
          expected = expected.filter((other) => other !== member);
        }
        expect(queue.size).toBe(expected.length);
      }
      expect(queue.oldest).toBe(expected[0]);
    }),
    { numRuns: 500 },
  );
});
