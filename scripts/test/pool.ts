/** Runs the jobs in their order, at most `parallel` at a time. */
export async function runJobs(
  parallel: number,
  jobs: readonly (() => Promise<void>)[],
): Promise<void> {
  const waiting = jobs.values();
  const work = async () => {
    for (const job of waiting) await job();
  };
  await Promise.all(Array.from({ length: parallel }, work));
}
