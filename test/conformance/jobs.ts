/** The form of a job's line, to the blank, and what is in it. */

export interface JobLine {
  /** A counter of the whole server. */
  readonly id: number;
  readonly hash: string;
  readonly height: number;
  /** Hex digits without leading zeros. */
  readonly boundary: string;
}

const JOB =
  /^\{ "id": (\d+), "method": "mining\.notify", "params": \["(0x[0-9a-f]{64})", "(\d+)", "\2","0x([1-9a-f][0-9a-f]*)"\] \}$/;

/** Undefined for a line of any other form. */
export function readJob(line: string): JobLine | undefined {
  const [, id = '', hash = '', height = '', boundary = ''] = JOB.exec(line) ?? [];
  return hash === '' ? undefined : { id: Number(id), hash, height: Number(height), boundary };
}
