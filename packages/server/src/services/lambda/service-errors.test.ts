/** Every situation that was recorded on AWS for the operations that are served. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { AwsError } from '../../core/aws-error.ts';
import { deprecatedRuntimes } from '../../core/runtime-table.ts';
import { functionRequest } from './fixtures/function-request.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const zip = buildZip([{ name: 'index.js' }]);
const zipHash = createHash('sha256').update(zip).digest('base64');
beforeAll(async () => {
  lambda = await startLambda();
  await lambda.call('CreateFunction', create({ FunctionName: 'f' }));
  await lambda.settled();
  for (const Description of ['one', 'two']) {
    await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', Description });
    await lambda.settled();
    await lambda.call('PublishVersion', { FunctionName: 'f' });
    await lambda.settled();
  }
  await lambda.call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' });
  await lambda.call('AddPermission', permission('f'));
});
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});

const create = (changes: object = {}): object =>
  functionRequest({ FunctionName: 'new', ...changes });
const permission = (FunctionName: string, changes: object = {}): object => ({
  FunctionName,
  StatementId: 's3',
  Action: 'lambda:InvokeFunction',
  Principal: 's3.amazonaws.com',
  ...changes,
});
const alias = (changes: object = {}): object => ({
  FunctionName: 'f',
  Name: 'new',
  FunctionVersion: '1',
  ...changes,
});
const weights = (AdditionalVersionWeights: object): object => ({
  RoutingConfig: { AdditionalVersionWeights },
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
const large = 'x'.repeat(4096);

type Case = readonly [operation: string, input: object, status: number, code: string, text: string];
const INVALID = 'InvalidParameterValueException';
const NOT_FOUND = 'ResourceNotFoundException';
const NOT_YET = 'NotImplementedException';
const CONFLICT = 'ResourceConflictException';
const STALE = 'PreconditionFailedException';
const VALIDATION = 'ValidationException';
const OLD_REVISION = '11111111-2222-3333-4444-555555555555';
const staleText = (call: string): string =>
  `The Revision Id provided does not match the latest Revision Id. Call the ${call} API to retrieve the latest Revision Id`;
const WHOLE =
  'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.';
const NO_POLICY = 'The resource you requested does not exist.';
const WRONG_QUALIFIER =
  "1 validation error detected: Value 'invalid-qualifier-with-?-char' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: \\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";
const policyOf = (...statements: object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const statement = { Effect: 'Allow', Principal: '*', Action: 'lambda:*', Resource: ARN };

const permissionCases: readonly Case[] = [
  ...(['$LATEST', 'f:$LATEST'] as const).map((text): Case => [
    'AddPermission',
    text === '$LATEST' ? permission('f', { Qualifier: text }) : permission(text),
    400,
    INVALID,
    'We currently do not support adding policies for $LATEST.',
  ]),
  ...['invalid.nonaws.com', 'arn:aws:iam::12:root', 'nobody'].map((Principal): Case => [
    'AddPermission',
    permission('f', { StatementId: 'new', Principal }),
    400,
    INVALID,
    'The provided principal was invalid. Please check the principal and try again.',
  ]),
  ['AddPermission', permission('missing'), 404, NOT_FOUND, `Function not found: ${NOT_THERE}`],
  ['AddPermission', permission('f:42'), 404, NOT_FOUND, `Function not found: ${ARN}:42`],
  [
    'AddPermission',
    permission('f', { Qualifier: 'valid-with-$-but-doesnotexist' }),
    404,
    NOT_FOUND,
    `Function not found: ${ARN}:valid-with-$-but-doesnotexist`,
  ],
  ...['alias-doesnotexist', 'constructor', '__proto__'].map((Qualifier): Case => [
    'AddPermission',
    permission('f', { Qualifier }),
    404,
    NOT_FOUND,
    `Cannot find alias arn: ${ARN}:${Qualifier}`,
  ]),
  [
    'AddPermission',
    permission('f', { Qualifier: 'invalid-qualifier-with-?-char' }),
    400,
    VALIDATION,
    WRONG_QUALIFIER,
  ],
  [
    'AddPermission',
    permission('f', { StatementId: 'example.com' }),
    400,
    VALIDATION,
    "1 validation error detected: Value 'example.com' at 'statementId' failed to satisfy constraint: Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)",
  ],
  [
    'AddPermission',
    permission('f'),
    409,
    CONFLICT,
    'The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing statement.',
  ],
  ...['f', 'f:live', 'f:2'].map((name): Case => [
    'AddPermission',
    permission(name, { StatementId: 'new', RevisionId: OLD_REVISION }),
    412,
    STALE,
    staleText('GetPolicy'),
  ]),
  [
    'AddPermission',
    permission('f', { StatementId: 'new', FunctionUrlAuthType: 'NONE' }),
    400,
    INVALID,
    'FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action',
  ],
  [
    'RemovePermission',
    { FunctionName: 'missing', StatementId: 's3' },
    404,
    NOT_FOUND,
    `No policy found for: ${NOT_THERE}`,
  ],
  [
    'RemovePermission',
    { FunctionName: 'f:live', StatementId: 's3' },
    404,
    NOT_FOUND,
    'No policy is associated with the given resource.',
  ],
  [
    'RemovePermission',
    { FunctionName: 'f', StatementId: 'non-existent' },
    404,
    NOT_FOUND,
    'Statement non-existent is not found in resource policy.',
  ],
  [
    'RemovePermission',
    { FunctionName: 'f', StatementId: 's3', RevisionId: OLD_REVISION },
    412,
    STALE,
    staleText('GetPolicy'),
  ],
  ...['missing', 'f:live', 'f:2'].map((FunctionName): Case => [
    'GetPolicy',
    { FunctionName },
    404,
    NOT_FOUND,
    NO_POLICY,
  ]),
  ...['GetResourcePolicy', 'DeleteResourcePolicy'].map((operation): Case => [
    operation,
    { ResourceArn: `${ARN}:live` },
    404,
    NOT_FOUND,
    NO_POLICY,
  ]),
  ...['PutResourcePolicy', 'DeleteResourcePolicy'].map((operation): Case => [
    operation,
    { ResourceArn: ARN, Policy: policyOf(statement), RevisionId: OLD_REVISION },
    412,
    STALE,
    staleText('GetPolicy'),
  ]),
  ...(
    [
      ['{', 'Syntax errors in policy.'],
      [policyOf({ ...statement, Principal: undefined }), 'Missing required field Principal'],
      [
        policyOf({ ...statement, Principal: { AWS: 'x' } }),
        'Invalid principal in policy: "AWS":"x"',
      ],
      [policyOf({ ...statement, Action: [] }), 'Policy statement must contain actions.'],
      [policyOf({ ...statement, Resource: [] }), 'Policy statement must contain resources.'],
      [
        policyOf({ ...statement, Action: 's3:GetObject' }),
        'Policy statements of a Lambda resource must name Lambda actions.',
      ],
      [
        policyOf({ ...statement, Resource: `${ARN}:live` }),
        `Policy statements must name the resource ${ARN}.`,
      ],
    ] as const
  ).map(([Policy, text]): Case => [
    'PutResourcePolicy',
    { ResourceArn: ARN, Policy },
    400,
    INVALID,
    text,
  ]),
];

const versionCases: readonly Case[] = [
  [
    'PublishVersion',
    { FunctionName: 'f', CodeSha256: 'somenonexistentsha256' },
    400,
    INVALID,
    `CodeSHA256 (somenonexistentsha256) is different from current CodeSHA256 in $LATEST (${zipHash}). Please try again with the CodeSHA256 in $LATEST.`,
  ],
  [
    'PublishVersion',
    { FunctionName: 'f', RevisionId: OLD_REVISION },
    412,
    STALE,
    staleText('GetFunction/GetAlias'),
  ],
  [
    'PublishVersion',
    { FunctionName: 'missing' },
    404,
    NOT_FOUND,
    `Function not found: ${NOT_THERE}`,
  ],
  ...['UpdateFunctionCode', 'UpdateFunctionConfiguration', 'PublishVersion', 'ListAliases'].map(
    (operation): Case => [
      operation,
      { FunctionName: 'f:1', ...(operation === 'UpdateFunctionCode' && { ZipFile: zip }) },
      400,
      INVALID,
      WHOLE,
    ],
  ),
  [
    'DeleteFunction',
    { FunctionName: 'f:1' },
    409,
    CONFLICT,
    'Unable to delete version because the following aliases reference it: [live]',
  ],
];

const aliasCases: readonly Case[] = [
  ...['non-existent-alias', 'aliasdoesnotexist', '10'].flatMap((Qualifier): Case[] =>
    ['Invoke', 'GetFunction', 'GetFunctionConfiguration'].map((operation): Case => [
      operation,
      { FunctionName: 'f', Qualifier },
      404,
      NOT_FOUND,
      `Function not found: ${ARN}:${Qualifier}`,
    ]),
  ),
  ...['CreateAlias', 'GetAlias', 'UpdateAlias', 'DeleteAlias', 'ListAliases'].map(
    (operation): Case => [
      operation,
      alias({ FunctionName: 'missing', ...(operation === 'ListAliases' && { Name: undefined }) }),
      404,
      NOT_FOUND,
      `Function not found: ${NOT_THERE}${operation === 'CreateAlias' ? ':1' : ''}`,
    ],
  ),
  ['GetAlias', alias(), 404, NOT_FOUND, `Cannot find alias arn: ${ARN}:new`],
  ['UpdateAlias', alias(), 404, NOT_FOUND, `Alias not found: ${ARN}:new`],
  [
    'UpdateAlias',
    alias({ Name: 'live', RevisionId: OLD_REVISION }),
    412,
    STALE,
    staleText('GetFunction/GetAlias'),
  ],
  ['CreateAlias', alias({ Name: 'live' }), 409, CONFLICT, `Alias already exists: ${ARN}:live`],
  [
    'CreateAlias',
    alias({ Name: '2024' }),
    400,
    VALIDATION,
    "1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
  ],
  ...(['CreateAlias', 'UpdateAlias'] as const).flatMap((operation): Case[] => {
    const on = (changes: object): object =>
      alias({ ...(operation === 'UpdateAlias' && { Name: 'live' }), ...changes });
    const range =
      'Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]';
    const where = "at 'routingConfig.additionalVersionWeights' failed to satisfy constraint:";
    return [
      [operation, on({ FunctionVersion: '10' }), 404, NOT_FOUND, `Function not found: ${ARN}:10`],
      [operation, on(weights({ 10: 0.5 })), 404, NOT_FOUND, `Function not found: ${ARN}:10`],
      [
        operation,
        on({ FunctionVersion: '$LATEST', ...weights({ 1: 0.5 }) }),
        400,
        INVALID,
        '$LATEST is not supported for an alias pointing to more than 1 version',
      ],
      [
        operation,
        on(weights({ 1: 0.5 })),
        400,
        INVALID,
        'Invalid function version 1. Function version 1 is already included in routing configuration.',
      ],
      [
        operation,
        on(weights({ 1: 0.1, 2: 0.2 })),
        400,
        INVALID,
        'Number of items in AdditionalVersionWeights cannot be greater than 1',
      ],
      [
        operation,
        on(weights({ 2: 2 })),
        400,
        VALIDATION,
        `1 validation error detected: Value '{2=2.0}' ${where} ${range}`,
      ],
      [
        operation,
        on(weights({ 2: -1 })),
        400,
        VALIDATION,
        `1 validation error detected: Value '{2=-1.0}' ${where} ${range}`,
      ],
      [
        operation,
        on(weights({ $LATEST: 0.5 })),
        400,
        VALIDATION,
        `1 validation error detected: Value '{$LATEST=0.5}' ${where} Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]`,
      ],
    ];
  }),
];

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

const lookupCases: readonly Case[] = [
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
    'ListFunctions',
    { FunctionVersion: 'invalid' },
    400,
    'ValidationException',
    "1 validation error detected: Value 'invalid' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum value set: [ALL]",
  ],
];

const settingCases: readonly Case[] = [
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
];

const codeCases: readonly Case[] = [
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
];

const unservedCases: readonly Case[] = [
  ...(
    [
      [
        'FileSystemConfigs',
        [
          {
            Arn: 'arn:aws:elasticfilesystem:eu-west-1:000000000000:access-point/fsap-0123456789abcdef0',
            LocalMountPath: '/mnt/a',
          },
        ],
        'file systems (FileSystemConfigs)',
      ],
      [
        'KMSKeyArn',
        'arn:aws:kms:eu-west-1:000000000000:key/1',
        'customer managed keys (KMSKeyArn)',
      ],
      ['SnapStart', { ApplyOn: 'PublishedVersions' }, 'SnapStart'],
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
    create({ Publish: true, PublishTo: 'LATEST_PUBLISHED' }),
    501,
    NOT_YET,
    'Hearth does not implement capacity providers (PublishTo) yet.',
  ],
];

const invokeCases: readonly Case[] = [
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
];

const tagCases: readonly Case[] = [
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
];

const cases: readonly Case[] = [
  ...permissionCases,
  ...versionCases,
  ...aliasCases,
  ...qualifiedCases,
  ...lookupCases,
  ...settingCases,
  ...codeCases,
  ...unservedCases,
  ...invokeCases,
  ...tagCases,
];

test.each(cases)('%s, case %$', async (operation, input, status, code, text) => {
  const error = await lambda.call(operation, input).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AwsError);
  const { status: answered, code: named, message } = error as AwsError;
  expect({ status: answered, code: named, message }).toEqual({ status, code, message: text });
});

test('nothing of what was refused was kept', async () => {
  await expect(lambda.call('ListFunctions', { FunctionVersion: 'ALL' })).resolves.toMatchObject({
    Functions: [{ Version: '$LATEST' }, { Version: '1' }, { Version: '2' }],
  });
  await expect(lambda.call('ListAliases', { FunctionName: 'f' })).resolves.toMatchObject({
    Aliases: [{ Name: 'live', FunctionVersion: '1' }],
  });
  const { Policy } = await lambda.call<{ Policy: string }>('GetPolicy', { FunctionName: 'f' });
  expect(JSON.parse(Policy)).toMatchObject({ Statement: [{ Sid: 's3' }] });
  expect(lambda.invocations).toEqual([]);
});
