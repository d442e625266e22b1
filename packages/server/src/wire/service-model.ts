/**
 * The API of a service as data: its operations with their input and output shapes, its errors,
 * its protocol. Read from the schemas that the AWS SDK's client packages export, so a new
 * operation arrives with a version bump. A package is loaded when its service is first asked for.
 */
import { createRequire } from 'node:module';
import type { ServiceName } from '../core/operation.ts';
import { shapeOf, traitsOf, type SdkSchema, type StructureShape } from './shape.ts';

export type ProtocolName = 'restJson1' | 'restXml' | 'awsJson1.0' | 'awsJson1.1' | 'awsQuery';

export interface ServiceModel {
  readonly name: ServiceName;
  /** The service as it stands in the scope of a signature. */
  readonly signingName: string;
  readonly protocol: ProtocolName;
  readonly apiVersion: string;
  /** awsJson: what stands before the dot in X-Amz-Target. */
  readonly targetPrefix?: string;
  /** awsQuery, restXml: the namespace of the answers. */
  readonly xmlNamespace?: string;
  /**
   * Speaks awsJson now and awsQuery to older clients, who know its errors by other codes: JSON
   * answers name those in a header.
   */
  readonly isQueryCompatible?: true;
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** By the name of the shape, and in awsQuery by the code of the error as well. */
  readonly errors: ReadonlyMap<string, ErrorModel>;
}

export interface OperationModel {
  readonly name: string;
  /** restJson1 and restXml only. */
  readonly http: HttpTrait | undefined;
  readonly input: StructureShape;
  readonly output: StructureShape;
}

export interface HttpTrait {
  readonly method: string;
  /** `/2015-03-31/functions/{FunctionName}`, with static query parts where there are some. */
  readonly uri: string;
  readonly status: number;
}

export interface ErrorModel {
  /** What clients are told; in awsQuery it may differ from the name of the shape. */
  readonly code: string;
  readonly status: number;
  readonly shape: StructureShape;
}

interface ServiceSource extends Omit<ServiceModel, 'operations' | 'errors'> {
  readonly sdkPackage: string;
}

const sources: Readonly<Record<ServiceName, ServiceSource>> = {
  lambda: {
    name: 'lambda',
    signingName: 'lambda',
    protocol: 'restJson1',
    apiVersion: '2015-03-31',
    sdkPackage: '@aws-sdk/client-lambda',
  },
  logs: {
    name: 'logs',
    signingName: 'logs',
    protocol: 'awsJson1.1',
    apiVersion: '2014-03-28',
    targetPrefix: 'Logs_20140328',
    sdkPackage: '@aws-sdk/client-cloudwatch-logs',
  },
  iam: {
    name: 'iam',
    signingName: 'iam',
    protocol: 'awsQuery',
    apiVersion: '2010-05-08',
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    sdkPackage: '@aws-sdk/client-iam',
  },
  s3: {
    name: 's3',
    signingName: 's3',
    protocol: 'restXml',
    apiVersion: '2006-03-01',
    xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
    sdkPackage: '@aws-sdk/client-s3',
  },
  sts: {
    name: 'sts',
    signingName: 'sts',
    protocol: 'awsQuery',
    apiVersion: '2011-06-15',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    sdkPackage: '@aws-sdk/client-sts',
  },
  sqs: {
    name: 'sqs',
    signingName: 'sqs',
    protocol: 'awsJson1.0',
    apiVersion: '2012-11-05',
    targetPrefix: 'AmazonSQS',
    xmlNamespace: 'http://queue.amazonaws.com/doc/2012-11-05/',
    isQueryCompatible: true,
    sdkPackage: '@aws-sdk/client-sqs',
  },
  sns: {
    name: 'sns',
    signingName: 'sns',
    protocol: 'awsQuery',
    apiVersion: '2010-03-31',
    xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    sdkPackage: '@aws-sdk/client-sns',
  },
  events: {
    name: 'events',
    signingName: 'events',
    protocol: 'awsJson1.1',
    apiVersion: '2015-10-07',
    targetPrefix: 'AWSEvents',
    sdkPackage: '@aws-sdk/client-eventbridge',
  },
  xray: {
    name: 'xray',
    signingName: 'xray',
    protocol: 'restJson1',
    apiVersion: '2016-04-12',
    sdkPackage: '@aws-sdk/client-xray',
  },
  ecr: {
    name: 'ecr',
    signingName: 'ecr',
    protocol: 'awsJson1.1',
    apiVersion: '2015-09-21',
    targetPrefix: 'AmazonEC2ContainerRegistry_V20150921',
    sdkPackage: '@aws-sdk/client-ecr',
  },
};

const loaded = new Map<ServiceName, ServiceModel>();

export function loadServiceModel(name: ServiceName): ServiceModel {
  const earlier = loaded.get(name);
  if (earlier !== undefined) return earlier;
  const model = readModel(sources[name]);
  loaded.set(name, model);
  return model;
}

/** Synchronous, so that a model can be had where an `await` would not do. */
const load = createRequire(import.meta.url);

function readModel(source: ServiceSource): ServiceModel {
  const { sdkPackage, ...rest } = source;
  const exported = load(sdkPackage) as Readonly<Record<string, unknown>>;
  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, ErrorModel>();
  for (const [name, schema] of Object.entries(exported)) {
    if (!name.endsWith('$') || !Array.isArray(schema)) continue;
    if (schema[0] === OPERATION) addOperation(operations, schema);
    if (schema[0] === ERROR) addError(errors, schema);
  }
  return { ...rest, operations, errors };
}

/** The first element of a schema says what it describes. */
const OPERATION = 9;
const ERROR = -3;

function addOperation(operations: Map<string, OperationModel>, schema: unknown): void {
  const [, , name, traits, input, output] = schema as SdkOperation;
  let inputShape: StructureShape | undefined;
  let outputShape: StructureShape | undefined;
  operations.set(name, {
    name,
    http: httpOf(traits),
    get input(): StructureShape {
      return (inputShape ??= shapeOf(input()) as StructureShape);
    },
    get output(): StructureShape {
      return (outputShape ??= shapeOf(output()) as StructureShape);
    },
  });
}

type SdkOperation = readonly [
  kind: number,
  namespace: string,
  name: string,
  traits: SdkTraits | 0,
  input: () => SdkSchema,
  output: () => SdkSchema,
];

interface SdkTraits {
  readonly http?: readonly [method: string, uri: string, status: number];
}

function httpOf(traits: SdkTraits | 0): HttpTrait | undefined {
  if (traits === 0 || traits.http === undefined) return undefined;
  const [method, uri, status] = traits.http;
  return { method, uri, status };
}

function addError(errors: Map<string, ErrorModel>, schema: unknown[]): void {
  const traits = traitsOf(schema as unknown as SdkSchema);
  const shape = shapeOf(schema as unknown as SdkSchema) as StructureShape;
  const query = traits['awsQueryError'] as readonly [code: string, status: number] | undefined;
  const fallback = traits['error'] === 'server' ? 500 : 400;
  const status = query?.[1] ?? (traits['httpError'] as number | undefined) ?? fallback;
  const model = { code: query?.[0] ?? shape.name, status, shape };
  errors.set(shape.name, model);
  errors.set(model.code, model);
}
