/** The registries that images may be pulled from, as the option names them. Pure. */

export interface RegistryAccess {
  /** `registry.example.com`, `localhost:5000` */
  readonly host: string;
  readonly user?: string;
  readonly password?: string;
}

const HOST =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::\d{1,5})?$/i;

/** From `host,user:password@host`; undefined where that is not what it is. */
export function parseRegistries(text: string): readonly RegistryAccess[] | undefined {
  const parts = text.split(',').filter((each) => each !== '');
  const all = parts.map((part): RegistryAccess | undefined => {
    const at = part.lastIndexOf('@');
    const host = part.slice(at + 1);
    if (!HOST.test(host)) return undefined;
    if (at === -1) return { host };
    const colon = part.indexOf(':');
    if (colon < 1 || colon > at) return undefined;
    return { host, user: part.slice(0, colon), password: part.slice(colon + 1, at) };
  });
  return all.includes(undefined) ? undefined : (all as readonly RegistryAccess[]);
}
