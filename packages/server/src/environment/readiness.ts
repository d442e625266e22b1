/**
 * When an environment is ready: the runtime and every extension wait for their next event. Also
 * the first reason why it never will be. One object for each attempt at a sandbox; it turns what
 * the two APIs report into what the owner of the environment needs to know.
 */
import type { ProcessExit, ProgramEnd } from '../core/outcome.ts';
import type { ExtensionListener, ExtensionRegistry } from './extensions-api/extension-registry.ts';
import type { ErrorReport, RuntimeAnswer, RuntimeListener } from './runtime-api/runtime-session.ts';

export interface ReadinessOwner {
  /** Everything waits: once after init, once after each invocation. */
  ready(): void;
  /** The runtime waits; extensions may not yet. */
  runtimeParked(): void;
  answering(): void;
  answered(answer: RuntimeAnswer): void;
}

export class Readiness {
  /** Resolves when every external extension has registered. */
  readonly registered: Promise<void>;
  /** Resolves when everything waits for the first time. */
  readonly first: Promise<void>;
  /** Resolves with the first end of a program that was needed. */
  readonly ended: Promise<ProgramEnd>;
  readonly initFailed: Promise<ErrorReport>;
  /** For the session: what the runtime did. */
  readonly runtimeListener: RuntimeListener;
  /** For the extensions' registry. */
  readonly extensionListener: ExtensionListener;
  readonly #owner: ReadinessOwner;
  readonly #registered = Promise.withResolvers<void>();
  readonly #first = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<ProgramEnd>();
  readonly #initFailed = Promise.withResolvers<ErrorReport>();
  #extensions: ExtensionRegistry | undefined;
  #isRuntimeParked = false;
  #extensionError: string | undefined;

  constructor(owner: ReadinessOwner) {
    this.#owner = owner;
    this.registered = this.#registered.promise;
    this.first = this.#first.promise;
    this.ended = this.#ended.promise;
    this.initFailed = this.#initFailed.promise;
    this.runtimeListener = {
      parked: () => {
        this.#isRuntimeParked = true;
        owner.runtimeParked();
        this.#extensions?.closeRegistration();
        this.#check();
      },
      initFailed: (report) => this.#initFailed.resolve(report),
      answering: () => owner.answering(),
      answered: (answer) => owner.answered(answer),
    };
    this.extensionListener = {
      changed: () => this.#check(),
      failed: (_, errorType) => {
        this.#extensionError ??= errorType;
      },
    };
  }

  /** To be called before anything of the function runs. */
  watch(extensions: ExtensionRegistry): void {
    this.#extensions = extensions;
    this.#check();
  }

  watchProgram(which: 'runtime' | 'extension', { exited }: { exited: Promise<ProcessExit> }): void {
    void exited.then((exit) => this.#ended.resolve(this.#endOf(which, exit)));
  }

  /** How the end of a program is to be told: the first thing that went wrong is the reason. */
  #endOf(program: 'runtime' | 'extension', exit: ProcessExit): ProgramEnd {
    if (program === 'extension') this.#extensionError ??= 'Extension.Crash';
    const extensionError = this.#extensionError;
    return {
      exit,
      ...(program === 'extension' ? { program } : {}),
      ...(extensionError === undefined ? {} : { extensionError }),
    };
  }

  #check(): void {
    if (this.#extensions?.areExternalRegistered === true) this.#registered.resolve();
    if (!this.#isRuntimeParked || this.#extensions?.areReady === false) return;
    this.#isRuntimeParked = false;
    this.#first.resolve();
    this.#owner.ready();
  }
}
