import { describe, expect, it } from 'vitest';
import { octopusVectors } from '#libs/testkit';
import { blockHash, problemHash, solvesProblem } from './block-header.js';
import { addressToHex } from './cfx-address.js';

const { real } = octopusVectors();

describe.each(real)('$chain block $height', ({ header, problemHash: problem, blockHash: hash }) => {
  it('has the problem hash that was mined', () => {
    expect(problemHash(header)).toBe(problem);
    expect(solvesProblem(header, problem)).toBe('yes');
    expect(solvesProblem(header, `0x${'ab'.repeat(32)}`)).toBe('no');
    expect(solvesProblem({ ...header, gasLimit: '0x1' }, problem)).toBe('unknown');
  });

  it('has its block hash', () => {
    expect(blockHash(header)).toBe(hash);
  });

  it('has its author as 20 bytes', () => {
    expect(addressToHex(header.miner)).toBe(header.minerHex);
  });
});

describe('a header with base prices', () => {
  const priced = (core: bigint, espace: bigint) => {
    const header = { ...real[0]!.header, baseFeePerGas: `0x${core.toString(16)}` };
    return { ...header, hash: blockHash(header, { core, espace }) };
  };

  it('is matched with the usual eSpace price, and left open otherwise', () => {
    const usual = priced(1n, 20_000_000_000n);
    const problem = problemHash(usual, { core: 1n, espace: 20_000_000_000n });
    expect(solvesProblem(usual, problem)).toBe('yes');
    expect(solvesProblem(usual, problemHash(usual))).toBe('no');
    expect(solvesProblem(priced(1n, 21n), problem)).toBe('unknown');
  });
});

describe('addressToHex', () => {
  const hex = '0x1000000000000000000000000000000000000001';

  it.each([
    'NET1234:TYPE.USER:AAJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEEC5EKFEK',
    'net1234:aajaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaeec5ekfek',
    hex,
  ])('reads %s', (address) => {
    expect(addressToHex(address)).toBe(hex);
  });

  it.each([
    'NET1234:TYPE.USER:AAJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEEC5EKFEM',
    'cfx:aajaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaeec5ekfek',
    'aajaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaeec5ekfek',
    'cfx:',
    '0x12',
    '',
  ])('refuses "%s"', (address) => {
    expect(() => addressToHex(address)).toThrow(RangeError);
  });
});
