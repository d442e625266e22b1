/**
 * The part of a call that is the same for a request from the network and for `callAs`: validate,
 * authorise, handle. Nothing reaches a handler but through here.
 */
import { notImplemented } from '../core/aws-error.ts';
import type { AnyOperation, OperationContext, Permission } from '../core/operation.ts';
import { authorise, type RequestAttributes } from '../iam/authorise.ts';
import { AuthorizationDenied } from '../iam/explain-denial.ts';
import type { Identities } from '../iam/identities.ts';
import type { OperationModel } from '../wire/service-model.ts';
import { validateInput } from '../wire/validate.ts';
import type { ServedService } from './served-service.ts';

export interface Call {
  readonly served: ServedService;
  readonly operation: OperationModel;
  readonly input: object;
  readonly context: OperationContext;
  readonly attributes: RequestAttributes;
  /** Ends before the handler: who may is answered `{}`. */
  readonly isQuestion?: boolean;
}

/** Rejects with the `AwsError` that the caller is to be answered. */
export async function dispatch(identities: Identities, call: Call): Promise<object> {
  const { served, operation, input, context } = call;
  const handler: HandlerOfAnything | undefined = served.service.operations.get(operation.name);
  if (handler === undefined) throw notImplemented(served.model.name, operation.name);
  validateInput(served.model, operation, input);
  const permissions = handler.permissions(input, context);
  try {
    const decision = authorise(identities, context.principal, permissions, call.attributes);
    if (!decision.isAllowed) throw decision.error;
    if (call.isQuestion === true) return {};
    return await handler.handle(input, context);
  } catch (error) {
    // Handlers decide as well, where a policy of the resource can make up for all others.
    if (error instanceof AuthorizationDenied) {
      identities.denials.note(context.requestId, error.denial);
    }
    throw error;
  }
}

/** The input was parsed and validated by the operation's own model: its type holds. */
interface HandlerOfAnything extends Omit<AnyOperation, 'permissions' | 'handle'> {
  permissions(input: object, context: OperationContext): readonly Permission[];
  handle(input: object, context: OperationContext): Promise<object>;
}
