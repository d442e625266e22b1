/** Sends numbered asynchronous events; rejects where one was not acknowledged. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { clientSettings } from './client-settings.ts';

export interface EventSender {
  send(functionName: string, number: number): Promise<void>;
  close(): void;
}

export function sdkSender(endpoint: string): EventSender {
  const lambda = new LambdaClient({ ...clientSettings(endpoint), maxAttempts: 1 });
  return {
    send: async (FunctionName, number) => {
      const Payload = JSON.stringify({ number, sentAtMs: Date.now() });
      await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }));
    },
    close: () => lambda.destroy(),
  };
}
