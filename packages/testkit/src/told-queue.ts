/** A queue that services are let into, by which a test sees what they tell; and the clients beside it. */
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { clientSettings } from './client-settings.ts';
import { createFunctionRole } from './create-function-role.ts';
import type { TestServer } from './start-server.ts';

export const region = 'eu-west-1';
export const account = '000000000000';
const QueueName = 'told';
export const toldArn = `arn:aws:sqs:${region}:${account}:${QueueName}`;

export class MessagingClients implements Disposable {
  readonly events: EventBridgeClient;
  readonly lambda: LambdaClient;
  readonly iam: IAMClient;
  readonly s3: S3Client;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;

  constructor({ endpoint }: TestServer) {
    const options = { ...clientSettings(endpoint, region), maxAttempts: 1 };
    this.events = new EventBridgeClient(options);
    this.lambda = new LambdaClient(options);
    this.iam = new IAMClient(options);
    this.s3 = new S3Client({ ...options, forcePathStyle: true });
    this.sns = new SNSClient(options);
    this.sqs = new SQSClient(options);
  }

  [Symbol.dispose](): void {
    const { events, lambda, iam, s3, sns, sqs } = this;
    for (const each of [events, lambda, iam, s3, sns, sqs]) each.destroy();
  }

  /** `condition`: of the statement that lets the service in. */
  async createToldQueue(service: string, condition: object = {}): Promise<void> {
    const { QueueUrl } = await this.sqs.send(new CreateQueueCommand({ QueueName }));
    const statement = {
      Effect: 'Allow',
      Principal: { Service: service },
      Action: 'sqs:SendMessage',
      Resource: toldArn,
      Condition: condition,
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await this.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  }

  /** The next message of the queue, however long it takes. */
  async told(): Promise<string> {
    const { QueueUrl } = await this.sqs.send(new CreateQueueCommand({ QueueName }));
    for (;;) {
      const { Messages: [message] = [] } = await this.sqs.send(
        new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }),
      );
      if (message === undefined) continue;
      const { ReceiptHandle, Body = '' } = message;
      await this.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      return Body;
    }
  }

  /** A role for functions that may do that. Resolves with its ARN. */
  async createRole(name: string, Action: string | string[], Resource: string): Promise<string> {
    const role = await createFunctionRole(this.iam, name, { mayLog: false });
    const Statement = [{ Effect: 'Allow', Action, Resource }];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    const named = { RoleName: name, PolicyName: 'may' };
    await this.iam.send(new PutRolePolicyCommand({ ...named, PolicyDocument }));
    return role;
  }
}
