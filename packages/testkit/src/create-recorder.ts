/**
 * A function that appends the `number` of each event to a file of the host, which only the process
 * driver lets it see.
 */
import type { IAMClient } from '@aws-sdk/client-iam';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { createFunction } from './create-function.ts';
import { createFunctionRole } from './create-function-role.ts';
import { zipOf } from './zip-of.ts';

export async function createRecorder(
  clients: { readonly iam: IAMClient; readonly lambda: LambdaClient },
  name: string,
  file: string,
): Promise<void> {
  const Role = await createFunctionRole(clients.iam, name, { mayLog: false });
  const source = `import fs from 'node:fs';
export const handler = async ({ number }) => {
  fs.appendFileSync(${JSON.stringify(file)}, number + '\\n');
};`;
  const ZipFile = await zipOf({ 'index.mjs': source });
  await createFunction(clients.lambda, name, { Role, Code: { ZipFile } });
}
