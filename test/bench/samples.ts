/** What is said of several measurements of one thing: the middle one, and how far they lie apart. */

/** The value that `share` of the samples do not exceed (nearest rank): 0.5 is the median. NaN when there are none. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** The middle sample, or the mean of the two in the middle. NaN when there are none. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[sorted.length / 2 - 1] ?? NaN) + upper) / 2;
}

/** `5 rounds, 4.81 to 5.20`: what stands beside a median. */
export function spread(samples: readonly number[], digits: number): string {
  const range = `${Math.min(...samples).toFixed(digits)} to ${Math.max(...samples).toFixed(digits)}`;
  return samples.length > 1 ? `${samples.length} rounds, ${range}` : '1 round';
}
