/** The ports that the configuration asks for, each with its dialect. One gate stands before all of them. */
import type { ConfluxShare, ConfluxWork, ShareJudge } from '#libs/mining';
import { openFanOut } from '#libs/fan-out';
import { seedHash, stageOf } from '#libs/octopus';
import {
  ConfluxDialect,
  confluxRustWire,
  documentedWire,
  EthereumStratumDialect,
  type MessageLimits,
} from '#libs/stratum';
import type { GatewayEvents } from '../events.js';
import type { GatewayConfig } from '../settings.js';
import { admission } from './admission.js';
import type { Gatekeeper } from './gatekeeper.js';
import { openFilesWarning } from './open-files.js';
import { TlsCertificate } from './tls-certificate.js';
import { TlsHandshakes } from './tls-handshakes.js';
import { StratumListener, type ListenerOptions, type WorkFeed } from './stratum-listener.js';

export class StratumPorts {
  private readonly certificate: TlsCertificate | undefined;
  private readonly warnings: readonly string[];
  private readonly listeners: readonly StratumListener[];

  constructor(
    config: GatewayConfig,
    feed: WorkFeed,
    judge: ShareJudge<ConfluxWork, ConfluxShare>,
    gate: Gatekeeper,
    private readonly events: GatewayEvents,
  ) {
    const { limits, shares, listen, ethereumStratum } = config;
    const admit = admission(config.secret);
    const wire = config.profile === 'documented' ? documentedWire : confluxRustWire;
    const messages: MessageLimits = {
      jsonDepth: limits.jsonDepth,
      batch: limits.batch,
      workerName: limits.workerName,
    };
    this.certificate =
      config.tls &&
      new TlsCertificate(config.tls, (level, text) => events.emit({ type: 'gate', level, text }));
    const preambleMs = limits.preambleS * 1000;
    const handshakes =
      this.certificate &&
      new TlsHandshakes({
        certificate: this.certificate,
        maxHandshakes: limits.tlsHandshakes,
        handshakeMs: preambleMs,
      });
    const preamble = { trusted: config.proxies, handshakes, preambleMs };
    const { fanOut, problem } = openFanOut();
    const slow = problem === undefined ? undefined : `jobs leave more slowly than they might: ${problem}`;
    this.warnings = [openFilesWarning(limits.connections), slow].filter((text) => text !== undefined);
    const common = { secured: admit.subscribeFirst, limits, shares, preamble, fanOut };
    const options: ListenerOptions[] = [
      { ...common, listen, dialect: new ConfluxDialect(wire, admit, messages) },
    ];
    if (ethereumStratum) {
      const dialect = new EthereumStratumDialect(admit, seedHashOf(), messages);
      options.push({ ...common, listen: ethereumStratum, dialect });
    }
    this.listeners = options.map((each) => new StratumListener(each, feed, judge, gate, events));
  }

  get isListening(): boolean {
    return this.listeners.every(({ isListening }) => isListening);
  }

  get minerCount(): number {
    return this.listeners.reduce((sum, { minerCount }) => sum + minerCount, 0);
  }

  /** Of the Conflux dialect, then of EthereumStratum where that is served. */
  get ports(): number[] {
    return this.listeners.map(({ port }) => port);
  }

  /** Rejects when an address cannot be taken. */
  async start(): Promise<void> {
    for (const text of this.warnings) this.events.emit({ type: 'gate', level: 'warn', text });
    for (const listener of this.listeners) await listener.start();
  }

  async stop(): Promise<void> {
    this.certificate?.close();
    await Promise.all(this.listeners.map((listener) => listener.stop()));
  }
}

/** Hashes once per stage: a stage lasts for days. */
function seedHashOf(): (height: number) => string {
  let last: { stage: number; seed: string } | undefined;
  return (height) => {
    const stage = stageOf(height);
    if (last?.stage !== stage) last = { stage, seed: Buffer.from(seedHash(stage)).toString('hex') };
    return last.seed;
  };
}
