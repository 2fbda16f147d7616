/**
 * One job to many connections. Those whose sockets can take bytes at once are sent to in native code, a list of them with
 * one call; the others through their streams. docs/bench/broadcast.md says what that gains.
 */
import type { FanOut } from '#libs/fan-out';
import { JOBS_PER_SLICE } from '../limits.js';
import type { JobLine } from './job-lines.js';
import type { Session } from './session.js';

interface Group {
  readonly sessions: Session[];
  readonly sockets: Int32Array;
}

export class JobSender {
  private readonly sent = new Int32Array(JOBS_PER_SLICE);

  /** Without a fan-out every connection is written to. */
  constructor(private readonly fanOut: FanOut | undefined) {}

  /** `sessions`: JOBS_PER_SLICE at most. */
  send(sessions: readonly Session[], lineOf: (session: Session) => JobLine): void {
    if (!this.fanOut) {
      for (const session of sessions) session.sendJob(lineOf(session));
      return;
    }
    const groups = new Map<JobLine, Group>();
    for (const session of sessions) {
      const line = lineOf(session);
      const socket = session.claimJob(line);
      if (socket === undefined) continue;
      let group = groups.get(line);
      if (!group) groups.set(line, (group = { sessions: [], sockets: new Int32Array(sessions.length) }));
      group.sockets[group.sessions.length] = socket;
      group.sessions.push(session);
    }
    for (const [line, group] of groups) this.sendGroup(this.fanOut, line, group);
  }

  private sendGroup(fanOut: FanOut, line: JobLine, { sessions, sockets }: Group): void {
    const { length } = line.bytes;
    fanOut.send(sockets, sessions.length, line.bytes, this.sent);
    for (const [index, session] of sessions.entries()) {
      const sent = this.sent[index] ?? 0;
      if (sent !== length) session.sendRest(line, sent);
    }
  }
}
