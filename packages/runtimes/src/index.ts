/**
 * The managed runtimes: what Hearth must know on the host to start one, and (in each runtime's
 * folder) what runs inside the sandbox. No dependencies.
 */
export interface RuntimeInstallation {
  /** `nodejs22.x` */
  readonly identifier: string;
  /** As INIT_START prints it: `nodejs:22.v1`. */
  readonly versionLabel: string;
  /** The executable and its arguments, as paths inside the sandbox. */
  readonly argv: readonly string[];
  /** Variables that this runtime adds to Lambda's own (paths inside the sandbox). */
  readonly env: Readonly<Record<string, string>>;
  /** Folders and files of the host, shown read-only inside. */
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
}

export interface RuntimeCatalogue {
  /**
   * Finds, and where needed fetches, what the runtime needs. Rejects with `RuntimeUnavailable`
   * whose message is a whole sentence for the user. Cheap when already there.
   */
  install(identifier: string): Promise<RuntimeInstallation>;
  /** One entry for each runtime of the table: for `hearth doctor` and health. Fetches nothing. */
  survey(): Promise<readonly RuntimeStatus[]>;
}

export interface RuntimeStatus {
  readonly identifier: string;
  readonly isAvailable: boolean;
  /** Why not, or where the interpreter is: one sentence. */
  readonly detail: string;
}

export class RuntimeUnavailable extends Error {
  override get name(): string {
    return 'RuntimeUnavailable';
  }
}
