/**
 * Terraform with its AWS provider, where the machine has both (the provider is 700 MB, so nothing
 * fetches it): the resources of IAM, Lambda, EventBridge, S3 and SQS are applied, and the second plan
 * is empty.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

/** Where Terraform itself looks for providers that were put on a machine, and what /opt has. */
const mirrors = [
  path.join(os.homedir(), '.terraform.d/plugins'),
  '/usr/local/share/terraform/plugins',
  '/usr/share/terraform/plugins',
  ...globSync('/opt/*'),
];
const mirror = mirrors.find((folder) =>
  existsSync(path.join(folder, 'registry.terraform.io/hashicorp/aws')),
);
const { status } = await runCommand(['terraform', 'version']).catch(() => ({ status: 127 }));

const providerAt = (endpoint: string): string => `
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
  s3_use_path_style       = true
  endpoints {
    events = "${endpoint}"
    iam    = "${endpoint}"
    lambda = "${endpoint}"
    s3     = "${endpoint}"
    sns    = "${endpoint}"
    sqs    = "${endpoint}"
    sts    = "${endpoint}"
  }
}
`;

const roleOfFunctions = (name: string): string => `
resource "aws_iam_role" "${name}" {
  name = "${name}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}
`;

const storage = `
${roleOfFunctions('reads')}
resource "aws_s3_bucket" "pictures" {
  bucket = "pictures"
  tags   = { team = "blue" }
}
resource "aws_s3_bucket_versioning" "pictures" {
  bucket = aws_s3_bucket.pictures.id
  versioning_configuration {
    status = "Enabled"
  }
}
resource "aws_s3_bucket_public_access_block" "pictures" {
  bucket              = aws_s3_bucket.pictures.id
  block_public_policy = true
}
resource "aws_s3_bucket_ownership_controls" "pictures" {
  bucket = aws_s3_bucket.pictures.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}
resource "aws_s3_bucket_server_side_encryption_configuration" "pictures" {
  bucket = aws_s3_bucket.pictures.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = "alias/pictures"
    }
    bucket_key_enabled = true
  }
}
resource "aws_s3_bucket_policy" "pictures" {
  bucket = aws_s3_bucket.pictures.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.reads.arn }
      Action    = "s3:GetObject"
      Resource  = "\${aws_s3_bucket.pictures.arn}/*"
    }]
  })
}
resource "aws_s3_bucket_cors_configuration" "pictures" {
  bucket = aws_s3_bucket.pictures.id
  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = ["https://example.com"]
  }
}
resource "aws_s3_bucket_lifecycle_configuration" "pictures" {
  bucket = aws_s3_bucket.pictures.id
  rule {
    id     = "old"
    status = "Enabled"
    filter {
      prefix = "old/"
    }
    expiration {
      days = 30
    }
  }
}
resource "aws_s3_object" "picture" {
  bucket       = aws_s3_bucket.pictures.id
  key          = "some/picture.txt"
  content      = "a picture"
  content_type = "text/plain"
  tags         = { of = "something" }
  // One from before is hidden by its deletion, and the bucket is not empty then.
  depends_on = [aws_s3_bucket_versioning.pictures]
}
resource "aws_s3_bucket_notification" "pictures" {
  bucket = aws_s3_bucket.pictures.id
  queue {
    queue_arn     = aws_sqs_queue.changes.arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "some/"
  }
  depends_on = [aws_sqs_queue_policy.changes]
}
resource "aws_sqs_queue" "changes" {
  name                       = "changes"
  visibility_timeout_seconds = 60
  tags                       = { team = "blue" }
}
resource "aws_sqs_queue" "ordered" {
  name                        = "ordered.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
}
resource "aws_sqs_queue_policy" "changes" {
  queue_url = aws_sqs_queue.changes.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.changes.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_s3_bucket.pictures.arn } }
    }]
  })
}
`;

const functions = `
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
resource "aws_sns_topic" "orders" {
  name         = "orders"
  display_name = "Orders"
  tags         = { team = "blue" }
}
resource "aws_sns_topic_policy" "orders" {
  arn = aws_sns_topic.orders.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "rules"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.orders.arn
    }]
  })
}
resource "aws_sns_topic_subscription" "live" {
  topic_arn     = aws_sns_topic.orders.arn
  protocol      = "lambda"
  endpoint      = aws_lambda_alias.live.arn
  filter_policy = jsonencode({ kind = ["large"] })
}
resource "aws_cloudwatch_event_bus" "orders" {
  name        = "orders"
  description = "of the shop"
  tags        = { team = "blue" }
}
resource "aws_cloudwatch_event_permission" "orders" {
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  principal      = "111111111111"
  statement_id   = "shop"
}
resource "aws_cloudwatch_event_rule" "large" {
  name           = "large"
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  event_pattern  = jsonencode({ source = ["shop"], detail = { total = [{ numeric = [">", 10] }] } })
}
resource "aws_cloudwatch_event_target" "large" {
  rule           = aws_cloudwatch_event_rule.large.name
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  arn            = aws_lambda_alias.live.arn
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
${roleOfFunctions('takes')}
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

// Each step makes the schema of all of AWS anew; a third of that work is collecting garbage early.
const GOGC = '600';

/**
 * One after another, each on what the one before has left. Everything stands in one configuration,
 * for the provider waits long and by itself: for a queue's attributes to stay the same 25 s, for a
 * bucket's lifecycle 55 s.
 */
describe.skipIf(mirror === undefined || status !== 0)('Terraform', () => {
  let server: TestServer;
  let folder: string;
  let provider: Provider;
  beforeAll(async () => {
    server = await startServer({ args: ['--isolation', 'process'] });
    folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-terraform-'));
    await writeFile(path.join(folder, 'provider.tf'), providerAt(server.endpoint));
    await writeFile(path.join(folder, 'functions.tf'), functions);
    await writeFile(path.join(folder, 'storage.tf'), storage);
    await writeFile(path.join(folder, 'code.zip'), await zipOf({ 'index.mjs': echo }));
    provider = await startProvider(folder);
  });
  afterAll(async () => {
    await provider?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
    await server[Symbol.asyncDispose]();
  });

  test('applies roles, policies, functions, a schedule, buckets, queues and what is between them', async () => {
    await terraform('apply', '-auto-approve');
  }, 300_000);

  test('then sees nothing to change', async () => {
    // Its status is 2 where something would change.
    await terraform('plan', '-detailed-exitcode');
  }, 300_000);

  test('takes all of it away', async () => {
    await terraform('destroy', '-auto-approve', '-refresh=false');
  }, 300_000);

  async function terraform(command: string, ...args: readonly string[]): Promise<void> {
    const result = await runCommand(['terraform', command, '-no-color', ...args], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        TF_CLI_CONFIG_FILE: '/dev/null',
        CHECKPOINT_DISABLE: '1',
        TF_REATTACH_PROVIDERS: provider.address,
        GOGC,
      },
      timeoutMs: 300_000,
    });
    // What Terraform says is worth more than what it ends with.
    expect(result.status, `${command}: ${result.stdout}${result.stderr}`).toBe(0);
  }
});

interface Provider extends AsyncDisposable {
  /** What Terraform finds it by. */
  readonly address: string;
}

/** As its developers start it, once: each step would read its 700 MB and start it some times. */
async function startProvider(folder: string): Promise<Provider> {
  const programs = `${mirror}/registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws_*`;
  const [program = ''] = globSync(programs);
  const child = spawn(program, ['-debug'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], TMPDIR: folder, GOGC },
  });
  const exited = once(child, 'exit');
  const ended = exited.then(() => Promise.reject(new Error('The provider ended at its start.')));
  // Read to its end: who writes to nobody is killed.
  const told = new Promise<string>((resolve) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      const [, address] = /TF_REATTACH_PROVIDERS='(.*)'/.exec(output) ?? [];
      if (address !== undefined) resolve(address);
    });
  });
  const address = await Promise.race([told, ended]);
  ended.catch(() => {});
  return {
    address,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
