import { expect, it } from 'vitest';
import { GatewayEvents, type GatewayEvent } from '../events.js';
import { DEFAULT_LIMITS, type Limits } from '../limit-settings.js';
import { MAX_WAITING_STRANGERS } from '../limits.js';
import { Gatekeeper, type Visit } from './gatekeeper.js';

function setUp(over: Partial<Limits> = {}, byAddress = true) {
  const events = new GatewayEvents();
  const texts: string[] = [];
  events.stream$.subscribe((event: GatewayEvent) => event.type === 'gate' && texts.push(event.text));
  const gate = new Gatekeeper({ ...DEFAULT_LIMITS, ...over }, byAddress, events);
  const arrive = (address: string): Visit => {
    const visit = gate.arrive(address, Date.now());
    return 'refused' in visit ? expect.unreachable(visit.refused) : visit;
  };
  const refusal = (address: string): string => {
    const visit = gate.arrive(address, Date.now());
    return 'refused' in visit ? visit.refused : 'welcome';
  };
  const told = (): string[] => {
    events.flush();
    return texts;
  };
  return { gate, arrive, refusal, told };
}

it('makes a connection wait for its own rate, and a stranger for that of his address, too', () => {
  const { arrive } = setUp({
    requestsPerS: 10,
    requestBurst: 5,
    addressRequestsPerS: 1,
    addressRequestBurst: 6,
  });
  const [one, two] = [arrive('10.0.0.1'), arrive('10.0.0.1')];
  const now = Date.now();
  expect(one.spend(5, now)).toBe(0);
  expect(one.spend(1, now)).toBe(100);
  expect(two.spend(1, now)).toBe(1000);
  expect(arrive('10.0.0.2').spend(1, now)).toBe(0);
  two.acceptedShare();
  expect(two.spend(1, now)).toBe(0);
});

it('bans who guesses passwords, ends his connections, and tells the operator', () => {
  const { gate, arrive, refusal, told } = setUp();
  const [guest, neighbour] = [arrive('10.0.0.1'), arrive('10.0.0.2')];
  const dismissed: string[] = [];
  guest.dismiss = (reason) => dismissed.push(`guest: ${reason}`);
  neighbour.dismiss = () => dismissed.push('neighbour');
  for (let count = 0; count < 20; count++) guest.offended('wrong-secret');
  expect(dismissed).toEqual([expect.stringMatching(/^guest: banned until .*Z for wrong passwords$/)]);
  expect(gate.bans()).toMatchObject([{ address: '10.0.0.1', reason: 'wrong passwords' }]);
  expect(refusal('10.0.0.1')).toMatch(/^banned until/);
  expect(refusal('10.0.0.2')).toBe('welcome');
  expect([gate.lift('10.0.0.1'), gate.lift('10.0.0.1')]).toEqual([true, false]);
  expect(refusal('10.0.0.1')).toBe('welcome');
  expect(told()).toEqual([
    expect.stringMatching(/^10\.0\.0\.1 is banned until/),
    expect.stringMatching(/^a connection was refused: banned until/),
    'the ban of 10.0.0.1 was lifted',
  ]);
});

it('lets no guesser lock out the miners of his address', () => {
  const { gate, arrive, refusal } = setUp();
  const [miner, guest] = [arrive('10.0.0.1'), arrive('10.0.0.1')];
  const dismissed: string[] = [];
  miner.dismiss = () => dismissed.push('miner');
  guest.dismiss = () => dismissed.push('guest');
  miner.acceptedShare();
  for (let count = 0; count < 20; count++) guest.offended('wrong-secret');
  expect(dismissed).toEqual(['guest']);
  expect(gate.bans()).toMatchObject([{ address: '10.0.0.1' }]);
  expect(refusal('10.0.0.1')).toBe('welcome');
});

it('ends the flood of one who knows the password, but not for his guesses', () => {
  const { arrive, refusal } = setUp();
  const dismissed: string[] = [];
  const rig = (address: string): Visit => {
    const visit = arrive(address);
    visit.establish();
    visit.dismiss = () => dismissed.push(address);
    return visit;
  };
  const [guesser, broken] = [rig('10.0.0.1'), rig('10.0.0.2')];
  for (let count = 0; count < 20; count++) guesser.offended('wrong-secret');
  for (let count = 0; count < 200; count++) broken.offended('invalid-share');
  expect(dismissed).toEqual(['10.0.0.2']);
  expect([refusal('10.0.0.1'), refusal('10.0.0.2')]).toEqual([
    'welcome',
    expect.stringMatching(/^banned until .* for invalid shares/),
  ]);
});

it('keeps few strangers waiting, and any miner', () => {
  const { arrive } = setUp();
  const crowd = Array.from({ length: MAX_WAITING_STRANGERS }, () => arrive('10.0.0.1'));
  expect(crowd.every((visit) => visit.mayWait(true))).toBe(true);
  const [stranger, miner] = [arrive('10.0.0.2'), arrive('10.0.0.3')];
  miner.acceptedShare();
  expect([stranger.mayWait(true), miner.mayWait(true)]).toEqual([false, true]);
  crowd[0]?.leave();
  miner.mayWait(false);
  expect(stranger.mayWait(true)).toBe(true);
});

it('makes room for a known address, and for one stranger in place of another', () => {
  const { arrive, refusal } = setUp({ connections: 2, strangers: 2 });
  const miner = arrive('10.0.0.1');
  miner.acceptedShare();
  miner.leave();
  const dismissed: string[] = [];
  const strangers = ['10.0.1.1', '10.0.1.2'].map((address) => {
    const visit = arrive(address);
    visit.dismiss = (reason) => dismissed.push(`${address}: ${reason}`);
    return visit;
  });
  for (const visit of strangers) visit.subscribed();
  expect(refusal('10.0.1.3')).toBe('too many connections (limit 2)');
  arrive('10.0.0.1');
  expect(dismissed).toEqual(['10.0.1.1: the place is needed for others']);
});

it('counts nothing by address where it is told so', () => {
  const { gate, arrive, refusal } = setUp({ connectionsPerAddress: 1, connectsPerS: 1 }, false);
  const visit = arrive('127.0.0.1');
  for (let count = 0; count < 200; count++) visit.offended('wrong-secret');
  expect(refusal('127.0.0.1')).toBe('welcome');
  expect(gate.bans()).toEqual([]);
  expect(Array.from({ length: 50 }, () => gate.mayKnock('127.0.0.1', 0))).not.toContain(false);
});

it('has no ear for who knocks without end', () => {
  const { gate } = setUp({ connectsPerS: 1 });
  const answers = Array.from({ length: 12 }, () => gate.mayKnock('10.0.0.1', 0));
  expect(answers.filter(Boolean)).toHaveLength(10);
  expect(gate.mayKnock('10.0.0.2', 0)).toBe(true);
});
