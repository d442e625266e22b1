/** A function that can be invoked as soon as this resolves, which it does with the ARN. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  type CreateFunctionCommandInput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';

/** The SDK's own waiter asks once a second; most functions are active long before. */
const ASK_EVERY_MS = 50;
const ACTIVE_MS = 60_000;

/** nodejs26.x and `index.handler`, unless the settings say otherwise. */
export async function createFunction(
  lambda: LambdaClient,
  FunctionName: string,
  settings: Omit<CreateFunctionCommandInput, 'FunctionName'>,
): Promise<string> {
  const { FunctionArn = '' } = await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs26.x',
      Handler: 'index.handler',
      ...settings,
    }),
  );
  await untilActive(lambda, FunctionName);
  return FunctionArn;
}

async function untilActive(lambda: LambdaClient, FunctionName: string): Promise<void> {
  const deadline = Date.now() + ACTIVE_MS;
  for (;;) {
    const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    if (found.State === 'Active') return;
    if (found.State === 'Failed' || Date.now() > deadline) {
      throw new Error(`${FunctionName} is ${found.State}: ${found.StateReason}`);
    }
    await sleep(ASK_EVERY_MS);
  }
}
