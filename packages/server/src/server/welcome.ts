/** What a person sees when the server is ready: where it is, who they are, what to try. */
export interface WelcomeFacts {
  readonly version: string;
  readonly readyAfterMs: number;
  readonly endpoint: string;
  readonly isolation: string;
  /** Why functions are not isolated, where they are not. */
  readonly isolationWarning: string | undefined;
  readonly network: string;
  readonly networkWarning: string | undefined;
  readonly dataFolder: string;
  /** Bold and dim where the terminal can. */
  readonly hasColour: boolean;
}

export function welcome(facts: WelcomeFacts): string {
  const bold = (text: string): string => (facts.hasColour ? `\u001b[1m${text}\u001b[0m` : text);
  const seconds = (facts.readyAfterMs / 1000).toFixed(1);
  const warnings = [facts.isolationWarning, facts.networkWarning]
    .filter((sentence) => sentence !== undefined)
    .map((sentence) => `  ${bold('warning')}      ${sentence}`);
  return [
    '',
    `  ${bold(`Hearth ${facts.version}`)} is ready (${seconds} s)`,
    '',
    `  endpoint     ${bold(facts.endpoint)}`,
    '  credentials  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test',
    '               (administrator of account 000000000000, from this machine only)',
    `  isolation    ${facts.isolation}`,
    `  network      ${facts.network}`,
    ...warnings,
    `  data         ${facts.dataFolder}`,
    '',
    `  ${bold('Try, from this folder, in another terminal:')}`,
    '',
    ...tryCommands(facts.endpoint).map((line) => (line === '' ? '' : `    ${line}`)),
    '',
    '  Ctrl-C drains and stops.',
    '',
  ].join('\n');
}

/**
 * A set-up line and three commands that do the main job on `examples/hello`. They can be pasted
 * as one block, and tests/e2e executes them exactly as they stand.
 */
export function tryCommands(endpoint: string): readonly string[] {
  return [
    'export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=',
    `hearth() { aws --endpoint-url ${endpoint} "$@"; }`,
    '',
    '# 1. a role that Lambda may assume and that may write logs',
    'hearth iam create-role --role-name hello \\',
    '  --assume-role-policy-document file://examples/hello/trust.json &&',
    'hearth iam attach-role-policy --role-name hello \\',
    '  --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
    '',
    '# 2. a function',
    'python3 -m zipfile -c /tmp/hello.zip examples/hello/index.mjs &&',
    'hearth lambda create-function --function-name hello --runtime nodejs26.x \\',
    '  --handler index.handler --role arn:aws:iam::000000000000:role/hello \\',
    '  --zip-file fileb:///tmp/hello.zip &&',
    'hearth lambda wait function-active-v2 --function-name hello',
    '',
    '# 3. run it, and read its log',
    'hearth lambda invoke --function-name hello /tmp/hello.json &&',
    'cat /tmp/hello.json && sleep 1 &&',
    // Not `logs tail`: version 1 of the aws CLI, which pip still installs, does not have it.
    'hearth logs filter-log-events --log-group-name /aws/lambda/hello \\',
    "  --query 'events[].[message]' --output text",
  ];
}
