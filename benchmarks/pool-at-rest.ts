/** HEARTH_POOL's default. */
const USUAL_POOL = 4;
/** HEARTH_PARKED's default, and those for functions with an extension once one has started. */
const USUAL_PARKED = 8;
const WITH_BESIDES = 2;

interface Count {
  readonly ready: number;
  readonly booting: number;
}

interface Pools {
  readonly environments: { readonly busy: number };
  readonly pool: Readonly<Record<string, Count>>;
  readonly parked: Count;
}

/** Waits until the usual number of booted runtimes is ready and none is being made. */
export async function poolAtRest(endpoint: string, runtime: string): Promise<void> {
  await atRest(endpoint, ({ pool }) => isFull(pool[runtime], USUAL_POOL), runtime);
}

/** The same for parked sandboxes. */
export async function parkedAtRest(endpoint: string, withExtension: boolean): Promise<void> {
  const usual = USUAL_PARKED + (withExtension ? WITH_BESIDES : 0);
  await atRest(endpoint, ({ parked }) => isFull(parked, usual), 'parked sandboxes');
}

/** How many booted runtimes wait now. */
export async function readyIn(endpoint: string, runtime: string): Promise<number> {
  return (await poolsOf(endpoint)).pool[runtime]?.ready ?? 0;
}

/** How many environments have an invocation now. */
export async function busyIn(endpoint: string): Promise<number> {
  return (await poolsOf(endpoint)).environments.busy;
}

async function atRest(
  endpoint: string,
  holds: (pools: Pools) => boolean,
  what: string,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < 120_000; waitedMs += 10) {
    if (holds(await poolsOf(endpoint))) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`the pool of ${what} did not fill`);
}

async function poolsOf(endpoint: string): Promise<Pools> {
  const health = await (await fetch(`${endpoint}/_hearth/health`)).json();
  return (health as { invocations: Pools }).invocations;
}

function isFull(count: Count | undefined, usual: number): boolean {
  return count !== undefined && count.ready >= usual && count.booting === 0;
}
