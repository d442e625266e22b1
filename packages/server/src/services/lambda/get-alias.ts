import type { AliasConfiguration, GetAliasRequest } from '@aws-sdk/client-lambda';
import { functionArn } from '../../core/function-version.ts';
import type { Operation } from '../../core/operation.ts';
import { showAlias } from './alias-target.ts';
import { findWholeFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { notFound } from './lambda-errors.ts';

export function getAlias(room: LambdaRoom): Operation<GetAliasRequest, AliasConfiguration> {
  return {
    name: 'GetAlias',
    permissions: (input, context) => [
      functionPermission(room.functions, 'GetAlias', input, context),
    ],
    handle: async (input, context) => {
      const record = findWholeFunction(room.functions, input, context);
      const alias = record.aliases?.find(({ name }) => name === input.Name);
      if (alias !== undefined) return showAlias(record, alias);
      throw notFound(`Cannot find alias arn: ${functionArn(record, input.Name)}`);
    },
  };
}
