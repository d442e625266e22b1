/** Every situation that was recorded on AWS for the operations that are served. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { AwsError } from '../../core/aws-error.ts';
import { deprecatedRuntimes } from '../../core/runtime-table.ts';
import { ROLE, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const zip = buildZip([{ name: 'index.js' }]);
beforeAll(async () => {
  lambda = await startLambda();
  await lambda.call('CreateFunction', create({ FunctionName: 'f' }));
  await lambda.settled();
});
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});

const create = (changes: object = {}): object => ({
  FunctionName: 'new',
  Runtime: 'nodejs22.x',
  Role: ROLE,
  Handler: 'index.handler',
  Code: { ZipFile: zip },
  ...changes,
});
const variables = (Variables: object): object => create({ Environment: { Variables } });
const tags = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
const RUNTIMES =
  '[nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2]';
const BAD_QUALIFIERS =
  'The derived qualifier from the function name does not match the specified qualifier.';
const NOT_THERE = 'arn:aws:lambda:eu-west-1:000000000000:function:missing';
const IN_JSON = 'Could not parse request body into json: Could not parse payload into json:';
const SOURCE =
  '\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: ';
const VPC = { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] };
const large = 'x'.repeat(4096);

type Case = readonly [operation: string, input: object, status: number, code: string, text: string];
const INVALID = 'InvalidParameterValueException';
const NOT_FOUND = 'ResourceNotFoundException';
const NOT_YET = 'NotImplementedException';
const qualifiedCases = [
  'GetFunction',
  'GetFunctionConfiguration',
  'DeleteFunction',
  'Invoke',
].flatMap((operation): Case[] => [
  [operation, { FunctionName: 'f:1', Qualifier: '2' }, 400, INVALID, BAD_QUALIFIERS],
  [operation, { FunctionName: 'missing' }, 404, NOT_FOUND, `Function not found: ${NOT_THERE}`],
  [
    operation,
    { FunctionName: 'arn:aws:lambda:ap-southeast-1:000000000000:function:f' },
    404,
    NOT_FOUND,
    "Functions from 'ap-southeast-1' are not reachable in this region ('eu-west-1')",
  ],
  [
    operation,
    { FunctionName: 'arn:aws:lambda:eu-west-1:111111111111:function:f' },
    403,
    'AccessDeniedException',
    'The function belongs to account 111111111111; no resource-based policy allows account 000000000000 this action.',
  ],
]);

const cases: readonly Case[] = [
  ...qualifiedCases,
  ...['GetFunction', 'GetFunctionConfiguration', 'Invoke'].map((operation): Case => [
    operation,
    { FunctionName: 'f', Qualifier: '1221' },
    404,
    NOT_FOUND,
    `Function not found: ${ARN}:1221`,
  ]),
  [
    'GetFunction',
    { FunctionName: `${NOT_THERE}:$LATEST`, Qualifier: '$LATEST' },
    404,
    NOT_FOUND,
    `Function not found: ${NOT_THERE}:$LATEST`,
  ],
  ...['UpdateFunctionCode', 'UpdateFunctionConfiguration', 'ListVersionsByFunction'].map(
    (operation): Case => [
      operation,
      { FunctionName: 'missing', ...(operation === 'UpdateFunctionCode' && { ZipFile: zip }) },
      404,
      NOT_FOUND,
      `Function not found: ${NOT_THERE}`,
    ],
  ),
  [
    'DeleteFunction',
    { FunctionName: 'missing:$LATEST', Qualifier: '$LATEST' },
    400,
    INVALID,
    '$LATEST version cannot be deleted without deleting the function.',
  ],
  [
    'DeleteFunction',
    { FunctionName: 'f', Qualifier: 'live' },
    400,
    INVALID,
    'Deletion of aliases is not currently supported.',
  ],
  [
    'CreateFunction',
    create({ FunctionName: 'a'.repeat(65) }),
    400,
    INVALID,
    `1 validation error detected: Value '${'a'.repeat(65)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
  ],
  ...['PYTHON3.9', 'non-existent-runtime'].flatMap((Runtime): Case[] => {
    const text = `Value ${Runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: ${RUNTIMES} or be a valid ARN`;
    return [
      ['CreateFunction', create({ Runtime }), 400, INVALID, text],
      ['UpdateFunctionConfiguration', { FunctionName: 'f', Runtime }, 400, INVALID, text],
    ];
  }),
  ...deprecatedRuntimes.map((Runtime): Case => [
    'CreateFunction',
    create({ Runtime }),
    400,
    INVALID,
    `The runtime parameter of ${Runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
  ]),
  [
    'CreateFunction',
    create({ Runtime: 'java21' }),
    400,
    INVALID,
    'java21 needs an interpreter that is not here.',
  ],
  [
    'CreateFunction',
    create({ Handler: undefined }),
    400,
    INVALID,
    'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
  ],
  [
    'CreateFunction',
    create({ Role: 'arn:aws:iam::000000000000:role/unknown' }),
    400,
    INVALID,
    'The role defined for the function cannot be assumed by Lambda.',
  ],
  [
    'UpdateFunctionConfiguration',
    { FunctionName: 'f', Role: 'arn:aws:iam::000000000000:role/unknown' },
    400,
    INVALID,
    'The role defined for the function cannot be assumed by Lambda.',
  ],
  [
    'CreateFunction',
    create({ FunctionName: 'f' }),
    409,
    'ResourceConflictException',
    'Function already exist: f',
  ],
  [
    'CreateFunction',
    variables({ SMALL_VAR: 'ok', LARGE_VAR: large }),
    400,
    INVALID,
    `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {"SMALL_VAR":"ok","LARGE_VAR":"${large}"}`,
  ],
  [
    'CreateFunction',
    variables({ AWS_REGION: 'x', MINE: 'y', LAMBDA_TASK_ROOT: 'z' }),
    400,
    INVALID,
    'Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT',
  ],
  [
    'CreateFunction',
    create({ Timeout: 901 }),
    400,
    'ValidationException',
    "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
  ],
  [
    'CreateFunction',
    create({ MemorySize: 10_241 }),
    400,
    INVALID,
    "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240",
  ],
  [
    'CreateFunction',
    create({ Architectures: ['arm64'] }),
    400,
    INVALID,
    'This machine runs x86_64 functions and cannot run arm64 ones. Please set Architectures to x86_64.',
  ],
  ...['CreateFunction', 'UpdateFunctionCode'].flatMap((operation): Case[] => {
    const code = (ZipFile: Uint8Array): object =>
      operation === 'CreateFunction'
        ? create({ Code: { ZipFile } })
        : { FunctionName: 'f', ZipFile };
    const bomb = buildZip(
      Array.from({ length: 2 }, (_, index) => ({
        name: `${index}`,
        size: 200_000_000,
        deflate: true,
      })),
    );
    return [
      [
        operation,
        code(Buffer.from('no zip')),
        400,
        INVALID,
        'Could not unzip uploaded file. Please check your file, then try to upload again.',
      ],
      [operation, code(bomb), 400, INVALID, 'Unzipped size must be smaller than 262144000 bytes'],
      [
        operation,
        code(Buffer.alloc(52_428_801)),
        413,
        'RequestEntityTooLargeException',
        'Zipped size must be smaller than 52428800 bytes',
      ],
      [operation, code(Buffer.alloc(0)), 400, INVALID, 'Uploaded file must be a non-empty zip'],
    ];
  }),
  [
    'UpdateFunctionCode',
    { FunctionName: 'f', ImageUri: 'x' },
    400,
    INVALID,
    "Please don't provide ImageUri when updating a function with packageType Zip.",
  ],
  ...(
    [
      ['Layers', ['arn:aws:lambda:eu-west-1:000000000000:layer:l:1'], 'layers (Layers)'],
      ['VpcConfig', VPC, 'VPC networking (VpcConfig)'],
      ['TracingConfig', { Mode: 'Active' }, 'active tracing (TracingConfig)'],
      ['SnapStart', { ApplyOn: 'PublishedVersions' }, 'SnapStart'],
      [
        'DeadLetterConfig',
        { TargetArn: 'arn:aws:sqs:eu-west-1:000000000000:q' },
        'dead-letter queues (DeadLetterConfig)',
      ],
    ] as const
  ).flatMap(([member, value, what]): Case[] => {
    const text = `Hearth does not implement ${what} yet.`;
    const update = { FunctionName: 'f', [member]: value };
    return [
      ['CreateFunction', create({ [member]: value }), 501, NOT_YET, text],
      ['UpdateFunctionConfiguration', update, 501, NOT_YET, text],
    ];
  }),
  [
    'CreateFunction',
    create({ PackageType: 'Image', Code: { ImageUri: 'x' } }),
    501,
    NOT_YET,
    'Hearth does not implement container images (PackageType Image) yet.',
  ],
  [
    'CreateFunction',
    create({ Publish: true }),
    501,
    NOT_YET,
    'Hearth does not implement published versions (Publish) yet.',
  ],
  [
    'CreateFunction',
    create({ Code: { S3Bucket: 'bucket', S3Key: 'key' } }),
    501,
    NOT_YET,
    'Hearth does not implement code from S3 (Code.S3Bucket) yet.',
  ],
  [
    'Invoke',
    { FunctionName: 'f', InvocationType: 'Event' },
    501,
    NOT_YET,
    'Hearth does not implement asynchronous invocation (InvocationType Event) yet.',
  ],
  [
    'Invoke',
    { FunctionName: 'f', Payload: Buffer.from([0x99, 0xeb]) },
    400,
    'InvalidRequestContentException',
    `${IN_JSON} Unexpected character ((CTRL-CHAR, code 153)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')${SOURCE}1]`,
  ],
  [
    'Invoke',
    { FunctionName: 'f', Payload: Buffer.from([0x6e, 0x87]) },
    400,
    'InvalidRequestContentException',
    `${IN_JSON} Invalid UTF-8 start byte 0x87${SOURCE}3]`,
  ],
  [
    'Invoke',
    { FunctionName: 'f', Payload: Buffer.alloc(6_291_557, '1') },
    413,
    'RequestTooLargeException',
    'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
  ],
  [
    'Invoke',
    { FunctionName: 'f', ClientContext: 'bm8=' },
    400,
    'InvalidRequestContentException',
    'Client context must be a valid Base64-encoded JSON object.',
  ],
  [
    'TagResource',
    { Resource: ARN, Tags: {} },
    400,
    INVALID,
    'An error occurred and the request cannot be processed.',
  ],
  [
    'TagResource',
    { Resource: ARN, Tags: tags(51) },
    400,
    INVALID,
    'Number of tags exceeds resource tag limit.',
  ],
  ...['TagResource', 'UntagResource', 'ListTags'].flatMap((operation): Case[] => {
    const on = (Resource: string): object => ({
      Resource,
      ...(operation === 'TagResource' && { Tags: { a: 'b' } }),
      ...(operation === 'UntagResource' && { TagKeys: ['a'] }),
    });
    const qualified =
      'Tags on function aliases and versions are not supported. Please specify a function ARN.';
    const mapping =
      'arn:aws:lambda:eu-west-1:000000000000:event-source-mapping:5ca38a2c-2a4c-4a4f-9c1e-a1bb0e6b0a3b';
    return [
      [operation, on(`${ARN}:live`), 400, INVALID, qualified],
      [operation, on(NOT_THERE), 404, NOT_FOUND, `Function not found: ${NOT_THERE}`],
      [operation, on(mapping), 404, NOT_FOUND, `Event source mapping not found: ${mapping}`],
    ];
  }),
  [
    'UntagResource',
    { Resource: ARN },
    400,
    'ValidationException',
    "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
  ],
  [
    'ListFunctions',
    { FunctionVersion: 'invalid' },
    400,
    'ValidationException',
    "1 validation error detected: Value 'invalid' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum value set: [ALL]",
  ],
];

test.each(cases)('%s, case %$', async (operation, input, status, code, text) => {
  const error = await lambda.call(operation, input).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AwsError);
  const { status: answered, code: named, message } = error as AwsError;
  expect({ status: answered, code: named, message }).toEqual({ status, code, message: text });
});

test('nothing of what was refused was kept', async () => {
  await expect(lambda.call('ListFunctions', {})).resolves.toMatchObject({
    Functions: [{ FunctionName: 'f' }],
  });
  expect(lambda.invocations).toEqual([]);
});
