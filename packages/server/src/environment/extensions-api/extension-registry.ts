/**
 * The Extensions API's side of one sandbox: who has registered, in which state each is, and the
 * events that they get. Requests reach it because of the listener that accepted their socket, so
 * an identifier is good in its own sandbox only. Whatever an extension may not do now is refused
 * with AWS's error and changes nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MAX_EXTENSIONS } from '../../core/limits.ts';
import { collectBody } from '../runtime-api/collect-body.ts';
import { replyTooLarge, replyUnknown } from '../runtime-api/replies.ts';
import { Extension } from './extension.ts';
import { refuse, refuseTransition, replyAccepted, replyRegistered } from './extension-replies.ts';
import { parseRegisterRequest } from './register-request.ts';

/** Called synchronously, in the order of events. */
export interface ExtensionListener {
  /** Some extension has registered, has become ready, or has got an event. */
  changed(): void;
  /** It has said that it cannot go on, and is about to exit. */
  failed(extension: Extension, errorType: 'Extension.InitError' | 'Extension.ExitError'): void;
}

/** What a registration is told about the function. */
export interface FunctionFacts {
  readonly functionName: string;
  readonly functionVersion: string;
  readonly handler: string;
  readonly accountId: string;
}

export interface InvokeEvent {
  readonly deadlineAtMs: number;
  readonly requestId: string;
  readonly invokedArn: string;
  readonly traceHeader: string;
}

export type ShutdownReason = 'spindown' | 'timeout' | 'failure';

/** Errors may bring a stack; nothing of it is kept. */
const BODY_BYTES = 262_144;
const IDENTIFIER = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export class ExtensionRegistry {
  readonly #extensions: Extension[] = [];
  #facts: FunctionFacts | undefined;
  #listener: ExtensionListener | undefined;
  #isClosed = false;
  #isEnded = false;

  /** Before that there is no function, and the API is not there. */
  open(facts: FunctionFacts, listener: ExtensionListener): void {
    this.#facts = facts;
    this.#listener = listener;
  }

  /** An external extension's program is being started under this name. */
  expect(name: string): void {
    this.#extensions.push(new Extension(name, true));
  }

  /** The runtime has asked for its first event: from now on nobody registers. */
  closeRegistration(): void {
    this.#isClosed = true;
  }

  /** Nothing that arrives from now on has any effect. */
  end(): void {
    this.#isEnded = true;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get all(): readonly Extension[] {
    return this.#extensions;
  }

  get areExternalRegistered(): boolean {
    return this.#extensions.every(({ isExternal, phase }) => !isExternal || phase !== 'Started');
  }

  /** Whether every one of them waits for its next event. */
  get areReady(): boolean {
    return this.#extensions.every(({ phase }) => phase === 'Ready');
  }

  find(identifier: string): Extension | undefined {
    return this.#extensions.find((each) => each.identifier === identifier.toLowerCase());
  }

  deliver({ deadlineAtMs, requestId, invokedArn, traceHeader }: InvokeEvent): void {
    if (this.#extensions.length === 0) return;
    const event = {
      eventType: 'INVOKE',
      deadlineMs: Math.round(deadlineAtMs),
      requestId,
      invokedFunctionArn: invokedArn,
      tracing: { type: 'X-Amzn-Trace-Id', value: traceHeader },
    };
    for (const each of this.#extensions) if (each.events.includes('INVOKE')) each.send(event);
  }

  /** Of no effect on those that did not subscribe to it. */
  shutdown(shutdownReason: ShutdownReason, deadlineAtMs: number): void {
    const event = {
      eventType: 'SHUTDOWN',
      deadlineMs: Math.round(deadlineAtMs),
      shutdownReason,
    };
    for (const each of this.#extensions) if (each.events.includes('SHUTDOWN')) each.send(event);
  }

  async register(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const facts = this.#facts;
    if (facts === undefined) return replyUnknown(response);
    const name = headerOf(request, 'lambda-extension-name');
    if (name === '') {
      return refuse(response, 'Extension.InvalidExtensionName', 'Empty extension name');
    }
    const body = await collectBody(request, BODY_BYTES);
    if (this.#isEnded || body.kind === 'aborted') return;
    if (body.kind === 'too-large') return replyTooLarge(response, BODY_BYTES);
    const known = this.#extensions.find((each) => each.name === name);
    const isExternal = known?.isExternal === true;
    const parsed = parseRegisterRequest(body.bytes, isExternal);
    if (parsed.kind === 'refused') return refuse(response, parsed.errorType, parsed.message);
    const extension = isExternal ? awaited(known, response) : this.#admit(name, known, response);
    if (extension === undefined) return;
    extension.register(parsed.events);
    const { accountId, ...usual } = facts;
    const features = headerOf(request, 'lambda-extension-accept-feature').split(',');
    const wantsAccount = features.some((feature) => feature.trim() === 'accountId');
    const answer = wantsAccount ? { accountId, ...usual } : usual;
    replyRegistered(response, extension.identifier, answer);
    this.#listener?.changed();
  }

  next(request: IncomingMessage, response: ServerResponse): void {
    const extension = this.identify(request, response, (id) => `Unknown extension ${id}`);
    if (extension === undefined) return;
    const { phase: from, identifier } = extension;
    if (!extension.park(response)) {
      return refuseTransition(response, { from, to: 'Ready', extension: identifier });
    }
    this.#listener?.changed();
  }

  async fail(
    to: 'InitError' | 'ExitError',
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const unknown = 'Unknown Lambda-Extension-Identifier';
    const extension = this.identify(request, response, () => unknown, true);
    if (extension === undefined) return;
    const mayFail =
      extension.phase === 'Registered' ||
      (to === 'ExitError' && (extension.phase === 'Ready' || extension.phase === 'Running'));
    if (!mayFail) {
      const { phase: from, identifier } = extension;
      return refuseTransition(response, { from, to, extension: identifier });
    }
    const errorType = headerOf(request, 'lambda-extension-function-error-type');
    extension.fail(to, errorType);
    await collectBody(request, BODY_BYTES);
    if (this.#isEnded) return;
    replyAccepted(response);
    this.#listener?.failed(extension, `Extension.${to}`);
  }

  /** A new internal extension, unless it comes too late, its name is taken, or there are enough. */
  #admit(
    name: string,
    known: Extension | undefined,
    response: ServerResponse,
  ): Extension | undefined {
    if (this.#isClosed) {
      const message = 'Extension registration closed already';
      refuse(response, 'Extension.RegistrationClosed', message);
      return undefined;
    }
    if (known !== undefined) {
      const message = 'Extension with this name already registered';
      refuse(response, 'Extension.InvalidExtensionState', message);
      return undefined;
    }
    if (this.#extensions.length >= MAX_EXTENSIONS) {
      const message = `Extension limit (${MAX_EXTENSIONS}) reached`;
      refuse(response, 'Extension.TooManyExtensions', message);
      return undefined;
    }
    const extension = new Extension(name, false);
    this.#extensions.push(extension);
    return extension;
  }

  /** Who asks, by the identifier that it was given; undefined where the request was refused. */
  identify(
    request: IncomingMessage,
    response: ServerResponse,
    unknown: (identifier: string) => string,
    needsErrorType = false,
  ): Extension | undefined {
    if (this.#facts === undefined) {
      replyUnknown(response);
      return undefined;
    }
    const identifier = headerOf(request, 'lambda-extension-identifier');
    const extension = this.find(identifier);
    if (identifier === '') {
      const message = 'Missing Lambda-Extension-Identifier header';
      refuse(response, 'Extension.MissingExtensionIdentifier', message);
    } else if (!IDENTIFIER.test(identifier)) {
      const message = 'Invalid Lambda-Extension-Identifier';
      refuse(response, 'Extension.InvalidExtensionIdentifier', message);
    } else if (needsErrorType && headerOf(request, 'lambda-extension-function-error-type') === '') {
      const message = 'Lambda-Extension-Function-Error-Type not found';
      refuse(response, 'Extension.MissingHeader', message);
    } else if (extension === undefined) {
      refuse(response, 'Extension.UnknownExtensionIdentifier', unknown(identifier));
    } else {
      return extension;
    }
    return undefined;
  }
}

/** An external extension registers once. */
function awaited(extension: Extension, response: ServerResponse): Extension | undefined {
  if (extension.phase === 'Started') return extension;
  const { phase: from, name } = extension;
  refuseTransition(response, { from, to: 'Registered', extension: name });
  return undefined;
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}
