/** HEARTH_POOL's default. */
const USUAL_POOL = 4;

/** Waits until the usual number of booted runtimes is ready and none is being made. */
export async function poolAtRest(endpoint: string, runtime: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 10) {
    const health = (await (await fetch(`${endpoint}/_hearth/health`)).json()) as {
      invocations: { pool: Record<string, { ready: number; booting: number }> };
    };
    const { ready, booting } = health.invocations.pool[runtime] ?? { ready: 0, booting: 0 };
    if (ready >= USUAL_POOL && booting === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`the pool of ${runtime} did not fill`);
}
