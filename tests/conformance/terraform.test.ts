/**
 * Terraform with its AWS provider, where the machine has both (the provider is 700 MB, so nothing
 * fetches it): the resources of IAM, Lambda and EventBridge are applied, and the second plan is empty.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runCommand, type CommandResult } from '../../packages/testkit/src/run-command.ts';
import { startServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

/** Where Terraform itself looks for providers that were put on a machine, and one place more. */
const mirrors = [
  path.join(os.homedir(), '.terraform.d/plugins'),
  '/usr/local/share/terraform/plugins',
  '/usr/share/terraform/plugins',
  '/opt/tf-plugins',
];
const mirror = mirrors.find((folder) =>
  existsSync(path.join(folder, 'registry.terraform.io/hashicorp/aws')),
);
const { status } = await runCommand(['terraform', 'version']).catch(() => ({ status: 127 }));

const configuration = (endpoint: string): string => `
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
provider "aws" {
  region                  = "eu-west-1"
  access_key              = "test"
  secret_key              = "test"
  skip_metadata_api_check = true
  endpoints {
    events = "${endpoint}"
    iam    = "${endpoint}"
    lambda = "${endpoint}"
    sqs    = "${endpoint}"
    sts    = "${endpoint}"
  }
}
data "aws_caller_identity" "me" {}
data "aws_iam_policy_document" "own" {
  statement {
    actions   = ["logs:*", "lambda:InvokeFunction"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [data.aws_caller_identity.me.account_id]
    }
  }
}
resource "aws_iam_role" "runs" {
  name                 = "runs"
  description          = "runs functions"
  max_session_duration = 7200
  permissions_boundary = aws_iam_policy.own.arn
  tags                 = { team = "blue" }
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" },
      { Effect = "Allow", Principal = { AWS = aws_iam_user.ann.arn }, Action = "sts:AssumeRole" },
    ]
  })
}
resource "aws_iam_policy" "own" {
  name   = "own"
  path   = "/team/"
  policy = data.aws_iam_policy_document.own.json
}
resource "aws_iam_role_policy" "inline" {
  name   = "inline"
  role   = aws_iam_role.runs.id
  policy = data.aws_iam_policy_document.own.json
}
resource "aws_iam_role_policy_attachment" "basic" {
  role       = aws_iam_role.runs.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}
resource "aws_iam_user" "ann" {
  name = "ann"
  path = "/people/"
}
resource "aws_iam_access_key" "ann" {
  user = aws_iam_user.ann.name
}
resource "aws_iam_group" "team" {
  name = "team"
}
resource "aws_iam_group_policy_attachment" "team" {
  group      = aws_iam_group.team.name
  policy_arn = aws_iam_policy.own.arn
}
resource "aws_iam_user_group_membership" "ann" {
  user   = aws_iam_user.ann.name
  groups = [aws_iam_group.team.name]
}
resource "aws_iam_openid_connect_provider" "id" {
  url             = "https://id.example.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["${'0'.repeat(40)}"]
}
resource "aws_iam_account_alias" "alias" {
  account_alias = "hearth-terraform"
}
resource "aws_lambda_layer_version" "library" {
  layer_name          = "library"
  filename            = "code.zip"
  compatible_runtimes = ["nodejs22.x"]
}
resource "aws_lambda_function" "echo" {
  function_name    = "echo"
  role             = aws_iam_role.runs.arn
  runtime          = "nodejs22.x"
  handler          = "index.handler"
  filename         = "code.zip"
  source_code_hash = filebase64sha256("code.zip")
  publish          = true
  layers           = [aws_lambda_layer_version.library.arn]
  timeout          = 9
  memory_size      = 256
  tags             = { team = "blue" }
  environment {
    variables = { LEVEL = "high" }
  }
  tracing_config {
    mode = "Active"
  }
  ephemeral_storage {
    size = 1024
  }
}
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.echo.function_name
  function_version = aws_lambda_function.echo.version
}
resource "aws_lambda_permission" "buckets" {
  statement_id  = "buckets"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.echo.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "s3.amazonaws.com"
  source_arn    = "arn:aws:s3:::pictures"
}
resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "nightly"
  description         = "at night"
  schedule_expression = "cron(30 2 ? * MON-FRI *)"
  tags                = { team = "blue" }
}
resource "aws_cloudwatch_event_target" "nightly" {
  rule      = aws_cloudwatch_event_rule.nightly.name
  target_id = "live"
  arn       = aws_lambda_alias.live.arn
  input_transformer {
    input_paths    = { at = "$.time" }
    input_template = "{\\"at\\": <at>}"
  }
}
resource "aws_lambda_permission" "nightly" {
  statement_id  = "nightly"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.echo.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.nightly.arn
}
resource "aws_lambda_function_url" "live" {
  function_name      = aws_lambda_function.echo.function_name
  qualifier          = aws_lambda_alias.live.name
  authorization_type = "AWS_IAM"
  cors {
    allow_origins = ["https://example.com"]
    allow_methods = ["GET"]
  }
}
resource "aws_lambda_provisioned_concurrency_config" "live" {
  function_name                     = aws_lambda_function.echo.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = 1
}
resource "aws_lambda_runtime_management_config" "echo" {
  function_name     = aws_lambda_function.echo.function_name
  update_runtime_on = "FunctionUpdate"
}
resource "aws_iam_role" "takes" {
  name = "takes"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}
resource "aws_iam_role_policy_attachment" "takes" {
  role       = aws_iam_role.takes.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
}
resource "aws_lambda_function" "takes" {
  function_name = "takes"
  role          = aws_iam_role.takes.arn
  runtime       = "nodejs22.x"
  handler       = "index.handler"
  filename      = "code.zip"
}
resource "aws_sqs_queue" "work" {
  name = "work"
}
resource "aws_lambda_event_source_mapping" "work" {
  event_source_arn                   = aws_sqs_queue.work.arn
  function_name                      = aws_lambda_function.takes.arn
  batch_size                         = 20
  maximum_batching_window_in_seconds = 1
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = { team = "blue" }
  filter_criteria {
    filter {
      pattern = jsonencode({ body = { kind = ["wanted"] } })
    }
  }
  scaling_config {
    maximum_concurrency = 2
  }
  depends_on = [aws_iam_role_policy_attachment.takes]
}
`;

const echo = 'export const handler = async (event) => event;';

test.skipIf(mirror === undefined || status !== 0)(
  'Terraform applies roles, policies, functions with all they have, a queue as a source and a schedule, its second plan is empty, and it takes all away again',
  async () => {
    await using server = await startServer({ args: ['--isolation', 'process'] });
    const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-terraform-'));
    const terraform = (...args: readonly string[]): Promise<CommandResult> =>
      runCommand(['terraform', ...args], {
        cwd: folder,
        env: {
          PATH: process.env['PATH'],
          TF_CLI_CONFIG_FILE: '/dev/null',
          CHECKPOINT_DISABLE: '1',
        },
        timeoutMs: 300_000,
      });
    try {
      await writeFile(path.join(folder, 'main.tf'), configuration(server.endpoint));
      await writeFile(path.join(folder, 'code.zip'), await zipOf({ 'index.mjs': echo }));
      const steps: readonly (readonly string[])[] = [
        ['init', '-no-color', `-plugin-dir=${mirror}`],
        ['apply', '-no-color', '-auto-approve'],
        // Its status is 2 where something would change.
        ['plan', '-no-color', '-detailed-exitcode'],
        ['destroy', '-no-color', '-auto-approve'],
      ];
      for (const step of steps) {
        const { status: ended, stdout, stderr } = await terraform(...step);
        expect({ step: step[0], ended, stdout, stderr }).toMatchObject({ ended: 0 });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  600_000,
);
