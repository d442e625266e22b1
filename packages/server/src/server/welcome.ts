/** What a person sees when the server is ready: where it is, who they are, what to try. */
export interface WelcomeFacts {
  readonly version: string;
  readonly readyAfterMs: number;
  readonly endpoint: string;
  readonly isolation: string;
  /** Why functions are not isolated, where they are not. */
  readonly isolationWarning: string | undefined;
  readonly dataFolder: string;
  /** Bold and dim where the terminal can. */
  readonly hasColour: boolean;
}

export function welcome(facts: WelcomeFacts): string {
  const bold = (text: string): string => (facts.hasColour ? `\u001b[1m${text}\u001b[0m` : text);
  const seconds = (facts.readyAfterMs / 1000).toFixed(1);
  const warning =
    facts.isolationWarning === undefined
      ? []
      : [`  ${bold('warning')}      ${facts.isolationWarning}`];
  return [
    '',
    `  ${bold(`Hearth ${facts.version}`)} is ready (${seconds} s)`,
    '',
    `  endpoint     ${bold(facts.endpoint)}`,
    '  credentials  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test',
    '               (administrator of account 000000000000, from this machine only)',
    `  isolation    ${facts.isolation}`,
    ...warning,
    `  data         ${facts.dataFolder}`,
    '',
    `  ${bold('Try, from this folder, in another terminal:')}`,
    '',
    ...tryCommands(facts.endpoint).map((command) => `    ${command}`),
    '',
    '  Ctrl-C drains and stops.',
    '',
  ].join('\n');
}

/**
 * One line that sets the client up, then three commands that do the main job on
 * `examples/hello`. They are executed as they stand by tests/e2e.
 */
export function tryCommands(endpoint: string): readonly string[] {
  const aws = `aws --endpoint-url ${endpoint}`;
  const role = 'arn:aws:iam::000000000000:role/hello';
  const policy = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
  return [
    'export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1',
    `${aws} iam create-role --role-name hello --assume-role-policy-document file://examples/hello/trust.json && ${aws} iam attach-role-policy --role-name hello --policy-arn ${policy}`,
    `python3 -m zipfile -c /tmp/hello.zip examples/hello/index.mjs && ${aws} lambda create-function --function-name hello --runtime nodejs26.x --handler index.handler --role ${role} --zip-file fileb:///tmp/hello.zip && ${aws} lambda wait function-active-v2 --function-name hello`,
    `${aws} lambda invoke --function-name hello /tmp/hello.json && cat /tmp/hello.json && sleep 1 && ${aws} logs tail /aws/lambda/hello`,
  ];
}
