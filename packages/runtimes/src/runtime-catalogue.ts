/**
 * The port of the managed runtimes: what Hearth must know on the host to start one. Each
 * runtime's folder implements `RuntimeFamily`; `openRuntimeCatalogue` puts them together.
 */
export interface RuntimeInstallation {
  /** `nodejs22.x` */
  readonly identifier: string;
  /** As INIT_START prints it: `nodejs:22.v1`. */
  readonly versionLabel: string;
  /** The executable and its arguments, as paths inside the sandbox. */
  readonly argv: readonly string[];
  /**
   * Variables that this runtime adds to Lambda's own (paths inside the sandbox). None of them is
   * reserved on AWS: a value that the user sets for one of them wins.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Folders and files of the host, shown read-only inside. */
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
  /**
   * Only for the provided runtimes: the files inside the sandbox that may be the runtime, in
   * order. Whoever starts the function takes the first that exists as a file instead of
   * `argv[0]`; where none does, AWS reports `Runtime.InvalidEntrypoint`.
   */
  readonly entryPoints?: readonly string[];
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

/** The runtimes of one language. */
export interface RuntimeFamily {
  readonly identifiers: readonly string[];
  /** Called at most once at a time for each identifier; its result is kept. */
  install(identifier: string): Promise<RuntimeInstallation>;
  status(identifier: string): Promise<RuntimeStatus>;
}

export interface RuntimeCatalogueOptions {
  /** Where interpreters and packages are kept; may be shared by several servers. */
  readonly cacheFolder: string;
  /** The machine's own. */
  readonly architecture: 'x86_64' | 'arm64';
  /** The server's node_modules, from which the AWS SDK that Node functions carry is taken. */
  readonly nodeModulesFolder: string;
  /** Told in whole sentences of what takes a while. */
  readonly onProgress: (sentence: string) => void;
  /** Where programs are looked for: the value of PATH. */
  readonly searchPath: string;
  /** The user's home folder, under which pyenv keeps its versions. */
  readonly homeFolder: string;
  /** PYENV_ROOT, where the user has set it. */
  readonly pyenvRoot?: string;
}
