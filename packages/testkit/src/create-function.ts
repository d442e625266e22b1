/** A function that can be invoked as soon as this resolves. */
import {
  CreateFunctionCommand,
  waitUntilFunctionActiveV2,
  type CreateFunctionCommandInput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';

/** nodejs26.x and `index.handler`, unless the settings say otherwise. */
export async function createFunction(
  lambda: LambdaClient,
  FunctionName: string,
  settings: Omit<CreateFunctionCommandInput, 'FunctionName'>,
): Promise<void> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs26.x',
      Handler: 'index.handler',
      ...settings,
    }),
  );
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
    { FunctionName },
  );
}
