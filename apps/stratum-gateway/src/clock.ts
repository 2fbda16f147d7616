/**
 * Milliseconds since the epoch by a clock that nobody sets: rates, deadlines, bans and statistics stay right when the
 * system's clock is put right. It tells the time that the system had when the process began, and what has passed since.
 */
export const steadyNow = (): number => performance.timeOrigin + performance.now();
