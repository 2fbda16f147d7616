/** Whether the process may have as many connections open as it is told to take. */
import { readFileSync } from 'node:fs';

/** Beside the miners: nodes, workers, HTTP, files, and what is being refused. */
const RESERVED_FILES = 1024;

/** A warning in one line where `connections` are more than the open-files limit leaves room for. */
export function openFilesWarning(connections: number, limit = openFilesLimit()): string | undefined {
  if (limit === undefined || limit >= connections + RESERVED_FILES) return undefined;
  return (
    `the process may open ${limit} files, too few for ${connections} connections: raise it to ` +
    `${connections + RESERVED_FILES} (ulimit -n, LimitNOFILE, ulimits.nofile), or lower LIMIT_CONNECTIONS`
  );
}

/** Undefined where the system does not tell. Node has raised the soft limit to the hard one at its start. */
function openFilesLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
