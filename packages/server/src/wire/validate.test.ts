import { describe, expect, it } from 'vitest';
import { AwsError } from '../core/aws-error.ts';
import { printedRuntimes } from '../core/runtime-table.ts';
import { layerRuntimes } from './constraints/lambda-runtimes.ts';
import { loadServiceModel } from './service-model.ts';
import type { ServiceName } from '../core/operation.ts';
import { validateInput } from './validate.ts';

const arn = 'arn:aws:lambda:us-east-1:111111111111';
const region = String.raw`(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}`;
const layerPattern =
  String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:${region}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)` +
  '|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)';
const hex = '[0-9a-fA-F]';
const taggablePattern =
  String.raw`arn:(aws[a-zA-Z-]*):lambda:${region}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?` +
  `|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}` +
  `|event-source-mapping:${hex}{8}-${hex}{4}-${hex}{4}-${hex}{4}-${hex}{12}` +
  '|capacity-provider:[a-zA-Z0-9-_]+)';
const functionPattern = String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:)?(${region}:)?(\d{12}:)?(function:)?`;
const plainFunctionPattern = String.raw`${functionPattern}([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`;
const invokedFunctionPattern = String.raw`${functionPattern}([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`;
const destinationPattern =
  String.raw`$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:` +
  String.raw`(${region})?:(\d{12})?:(.*)`;
const rolePattern = String.raw`arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`;
const urlQualifier = String.raw`((?!^\d+$)^[0-9a-zA-Z-_]+$)`;
const layerRuntimeSet = `[${printedRuntimes.join(', ')}]`;
const architectureSet = 'Member must satisfy enum value set: [x86_64, arm64]';
const pattern = 'Member must satisfy regular expression pattern: ';
const enumSet = 'Member must satisfy enum value set: ';
const weights =
  'Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]';

const create = { FunctionName: 'f', Role: 'arn:aws:iam::111111111111:role/r', Code: {} };
const createAlias = { FunctionName: 'f', Name: 'a', FunctionVersion: '1' };
const layer = { LayerName: 'l', Content: {} };
const longArn = `${arn}:function:${'a'.repeat(141 - `${arn}:function:`.length)}`;
const foreignLayer = `${arn}:layer:l`;

/** Operation, input, and what AWS was recorded to answer to it. */
const recorded: readonly (readonly [
  operation: string,
  input: object,
  problems: readonly string[],
])[] = [
  [
    'CreateFunctionUrlConfig',
    { FunctionName: 'f', AuthType: 'NONE', Qualifier: '$LATEST' },
    [`Value '$LATEST' at 'qualifier' failed to satisfy constraint: ${pattern}${urlQualifier}`],
  ],
  [
    'CreateFunctionUrlConfig',
    { FunctionName: 'f', AuthType: 'NONE', Qualifier: '1' },
    [`Value '1' at 'qualifier' failed to satisfy constraint: ${pattern}${urlQualifier}`],
  ],
  [
    'CreateFunctionUrlConfig',
    { FunctionName: 'f', AuthType: 'NONE', InvokeMode: 'UNKNOWN' },
    [
      `Value 'UNKNOWN' at 'invokeMode' failed to satisfy constraint: ${enumSet}[RESPONSE_STREAM, BUFFERED]`,
    ],
  ],
  [
    'AddLayerVersionPermission',
    { LayerName: 'l', VersionNumber: 1, StatementId: 's', Principal: '*', Action: '*' },
    [`Value '*' at 'action' failed to satisfy constraint: ${pattern}lambda:GetLayerVersion`],
  ],
  [
    'PutProvisionedConcurrencyConfig',
    { FunctionName: 'f', Qualifier: '1', ProvisionedConcurrentExecutions: 0 },
    [
      "Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
  ],
  [
    'CreateAlias',
    { ...createAlias, Name: '2024' },
    [`Value '2024' at 'name' failed to satisfy constraint: ${pattern}(?!^[0-9]+$)([a-zA-Z0-9-_]+)`],
  ],
  [
    'PutFunctionRecursionConfig',
    { FunctionName: 'f', RecursiveLoop: 'InvalidValue' },
    [
      `Value 'InvalidValue' at 'recursiveLoop' failed to satisfy constraint: ${enumSet}[Terminate, Allow]`,
    ],
  ],
  [
    'CreateFunction',
    { ...create, VpcConfig: { SecurityGroupIds: ['nonsense'] } },
    [
      "Value '[nonsense]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: sg-[0-9a-zA-Z]*]",
    ],
  ],
  [
    'CreateFunction',
    { ...create, VpcConfig: { SubnetIds: ['nonsense'] } },
    [
      "Value '[nonsense]' at 'vpcConfig.subnetIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: subnet-[0-9a-z]*]",
    ],
  ],
  [
    'CreateFunction',
    { ...create, Architectures: ['X86_64'] },
    [
      `Value '[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [${architectureSet}, Member must not be null]`,
    ],
  ],
  [
    'CreateFunction',
    { ...create, Layers: [foreignLayer] },
    [
      `Value '[${foreignLayer}]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1, ${pattern}${layerPattern}, Member must not be null]`,
    ],
  ],
  [
    'CreateFunction',
    { ...create, Architectures: ['x86_64', 'arm64'] },
    [
      "Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1",
    ],
  ],
  [
    'ListLayers',
    { CompatibleArchitecture: 'archdoesnotexist' },
    [
      `Value 'archdoesnotexist' at 'compatibleArchitecture' failed to satisfy constraint: ${architectureSet}`,
    ],
  ],
  [
    'PutFunctionEventInvokeConfig',
    {
      FunctionName: 'f',
      DestinationConfig: {
        OnFailure: { Destination: 'arn:aws:_-/!lambda:us-east-1:111111111111:function:f' },
      },
    },
    [
      `Value 'arn:aws:_-/!lambda:us-east-1:111111111111:function:f' at 'destinationConfig.onFailure.destination' failed to satisfy constraint: ${pattern}${destinationPattern}`,
    ],
  ],
  [
    'TagResource',
    { Resource: `${arn}:capacity-provider:c:alias`, Tags: { a: 'b' } },
    [
      `Value '${arn}:capacity-provider:c:alias' at 'resource' failed to satisfy constraint: ${pattern}${taggablePattern}`,
    ],
  ],
  [
    'TagResource',
    { Resource: `${arn}:foobar:c`, Tags: { a: 'b' } },
    [
      `Value '${arn}:foobar:c' at 'resource' failed to satisfy constraint: ${pattern}${taggablePattern}`,
    ],
  ],
  [
    'ListTags',
    { Resource: `${arn}:event-source-mapping:c:alias` },
    [
      `Value '${arn}:event-source-mapping:c:alias' at 'resource' failed to satisfy constraint: ${pattern}${taggablePattern}`,
    ],
  ],
  [
    'ListTags',
    { Resource: 'arn:aws:something' },
    [
      `Value 'arn:aws:something' at 'resource' failed to satisfy constraint: ${pattern}${taggablePattern}`,
    ],
  ],
  [
    'CreateFunction',
    { ...create, FunctionName: longArn },
    [
      `Value '${longArn}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 140`,
    ],
  ],
  [
    'GetLayerVersionByArn',
    { Arn: foreignLayer },
    [`Value '${foreignLayer}' at 'arn' failed to satisfy constraint: ${pattern}${layerPattern}`],
  ],
  [
    'Invoke',
    { FunctionName: 'arn:aws:lambda:us-east-1:123400000000@function:myfn' },
    [
      `Value 'arn:aws:lambda:us-east-1:123400000000@function:myfn' at 'functionName' failed to satisfy constraint: ${pattern}${invokedFunctionPattern}`,
    ],
  ],
  [
    'AddPermission',
    {
      FunctionName: 'f',
      Action: 'lambda:InvokeFunction',
      Principal: 's3.amazonaws.com',
      StatementId: 'example.com',
    },
    [
      `Value 'example.com' at 'statementId' failed to satisfy constraint: ${pattern}([a-zA-Z0-9-_]+)`,
    ],
  ],
  [
    'ListFunctions',
    { FunctionVersion: 'invalid' },
    [`Value 'invalid' at 'functionVersion' failed to satisfy constraint: ${enumSet}[ALL]`],
  ],
  [
    'CreateEventSourceMapping',
    { FunctionName: 'f', StartingPosition: 'invalid' },
    [
      `Value 'invalid' at 'startingPosition' failed to satisfy constraint: ${enumSet}[LATEST, AT_TIMESTAMP, TRIM_HORIZON]`,
    ],
  ],
  [
    'AddPermission',
    {
      FunctionName: 'f',
      Action: 'lambda:InvokeFunction',
      Principal: 's3.amazonaws.com',
      StatementId: 's',
      Qualifier: 'invalid-qualifier-with-?-char',
    },
    [
      `Value 'invalid-qualifier-with-?-char' at 'qualifier' failed to satisfy constraint: ${pattern}${String.raw`\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+`}`,
    ],
  ],
  [
    'CreateFunction',
    { ...create, FunctionName: 'invalid:function:name' },
    [
      `Value 'invalid:function:name' at 'functionName' failed to satisfy constraint: ${pattern}${plainFunctionPattern}`,
    ],
  ],
  [
    'CreateFunction',
    { ...create, SnapStart: { ApplyOn: 'invalidOption' } },
    [
      `Value 'invalidOption' at 'snapStart.applyOn' failed to satisfy constraint: ${enumSet}[PublishedVersions, None]`,
    ],
  ],
  [
    'CreateFunction',
    { ...create, Role: 'r1' },
    [`Value 'r1' at 'role' failed to satisfy constraint: ${pattern}${rolePattern}`],
  ],
  [
    'CreateAlias',
    { ...createAlias, RoutingConfig: { AdditionalVersionWeights: { $LATEST: 0.5 } } },
    [
      "Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]",
    ],
  ],
  [
    'CreateAlias',
    { ...createAlias, RoutingConfig: { AdditionalVersionWeights: { 2: -1 } } },
    [
      `Value '{2=-1.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: ${weights}`,
    ],
  ],
  [
    'CreateAlias',
    { ...createAlias, RoutingConfig: { AdditionalVersionWeights: { 2: 2 } } },
    [
      `Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: ${weights}`,
    ],
  ],
  [
    'UntagResource',
    { Resource: `${arn}:function:f` },
    ["Value null at 'tagKeys' failed to satisfy constraint: Member must not be null"],
  ],
  [
    'PublishLayerVersion',
    {
      ...layer,
      CompatibleRuntimes: ['invalidruntime', 'nodejs20.x'],
      CompatibleArchitectures: ['invalidarch', 'x86_64'],
    },
    [
      `Value '[invalidruntime, nodejs20.x]' at 'compatibleRuntimes' failed to satisfy constraint: ${enumSet}${layerRuntimeSet}`,
      `Value '[invalidarch, x86_64]' at 'compatibleArchitectures' failed to satisfy constraint: Member must satisfy constraint: [${architectureSet}, Member must not be null]`,
    ],
  ],
];

function refusalOf(service: ServiceName, operation: string, input: object): AwsError | undefined {
  const model = loadServiceModel(service);
  try {
    validateInput(model, model.operations.get(operation)!, input);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(AwsError);
    return error as AwsError;
  }
}

/** Runtimes newer than the recordings are named by us and not by them. */
function asRecorded(message: string): string {
  return message.replace(`[${layerRuntimes.join(', ')}]`, layerRuntimeSet);
}

describe('validation of inputs', () => {
  it.each(recorded)(
    'answers to %s %j what AWS was recorded to answer',
    (operation, input, problems) => {
      const refusal = refusalOf('lambda', operation, input);
      const count =
        problems.length === 1 ? '1 validation error' : `${problems.length} validation errors`;
      expect(asRecorded(refusal!.message)).toBe(`${count} detected: ${problems.join('; ')}`);
      expect(refusal).toMatchObject({ code: 'ValidationException', status: 400 });
    },
  );

  it('starts the set of all runtimes as AWS was recorded to', () => {
    const refusal = refusalOf('lambda', 'ListLayers', { CompatibleRuntime: 'runtimedoesnotexist' });
    expect(refusal?.message).toContain(
      "Value 'runtimedoesnotexist' at 'compatibleRuntime' failed to satisfy constraint: " +
        'Member must satisfy enum value set: [ruby3.5, ruby2.6, dotnetcore1.0, python3.7, nodejs8.10, ' +
        'nasa, ruby2.7, python2.7-greengrass, dotnetcore2.0, python3.8, java21, dotnet6, dotnetcore2.1, ' +
        'python3.9, java11, nodejs6.10, provided, dotnetcore3.1, dotnet8, java25, java17, nodejs, ' +
        'nodejs4.3, java8.al2, go1.x, dotnet10, nodejs20.x, go1.9, byol, nodejs10.x, provided.al2023, ' +
        'nodejs22.x, python3.10, java8, nodejs12.x, python3.11, nodejs24.x, nodejs8.x, python3.12, ' +
        'nodejs14.x, nodejs8.9, nodejs2',
    );
  });

  it('lets through what is within the bounds', () => {
    const input = {
      ...create,
      Timeout: 900,
      MemorySize: 128,
      Layers: [`${arn}:layer:l:1`],
      Environment: { Variables: { KEY: 'v' } },
    };
    expect(refusalOf('lambda', 'CreateFunction', input)).toBeUndefined();
    expect(refusalOf('lambda', 'Invoke', { FunctionName: 'f' })).toBeUndefined();
  });

  it('does not print values that the model calls sensitive', () => {
    const input = { ...create, Environment: { Variables: { '1': 'hunter2' } } };
    const message = refusalOf('lambda', 'CreateFunction', input)?.message;
    expect(message).toContain(
      "Value at 'environment.variables' failed to satisfy constraint: Map keys",
    );
    expect(message).not.toContain('hunter2');
  });

  it('names elements of lists of structures as AWS does', () => {
    const input = {
      logGroupName: 'g',
      logStreamName: 's',
      logEvents: [{ timestamp: 1, message: '' }],
    };
    expect(refusalOf('logs', 'PutLogEvents', input)).toMatchObject({
      code: 'InvalidParameterException',
      message:
        "1 validation error detected: Value '' at 'logEvents.1.member.message' failed to satisfy " +
        'constraint: Member must have length greater than or equal to 1',
    });
  });

  it('refuses null in lists and maps, whatever the constraint', () => {
    expect(
      refusalOf('lambda', 'TagResource', { Resource: `${arn}:function:f`, Tags: { a: null } })
        ?.message,
    ).toContain(
      "Value '{a=null}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint",
    );
    expect(
      refusalOf('lambda', 'UntagResource', { Resource: `${arn}:function:f`, TagKeys: [null] }),
    ).toBeDefined();
  });

  it('speaks of a ValidationError in the query protocols', () => {
    const input = { RoleName: 'r'.repeat(65), AssumeRolePolicyDocument: '{}' };
    expect(refusalOf('iam', 'CreateRole', input)).toMatchObject({
      code: 'ValidationError',
      message: `1 validation error detected: Value '${'r'.repeat(65)}' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64`,
    });
    expect(refusalOf('sts', 'AssumeRole', { RoleArn: 'x'.repeat(20) })?.message).toBe(
      "1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
    );
  });

  it('refuses names of IAM in the sentence of IAM', () => {
    expect(refusalOf('iam', 'GetRole', { RoleName: 'a role' })?.message).toBe(
      'The specified value for roleName is invalid. It must contain only alphanumeric characters ' +
        'and/or the following: +=,.@_-',
    );
  });

  it('answers quickly to a text made to keep a pattern busy', () => {
    const input = { ...create, FunctionName: 'a'.repeat(5_000_000) };
    expect(refusalOf('lambda', 'CreateFunction', input)?.message).toContain(
      'less than or equal to 140',
    );
  });
});
