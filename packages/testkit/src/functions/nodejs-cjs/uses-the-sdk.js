const { LambdaClient } = require('@aws-sdk/client-lambda');
const { IAMClient } = require('@aws-sdk/client-iam');
const { STSClient } = require('@aws-sdk/client-sts');
const { CloudWatchLogsClient } = require('@aws-sdk/client-cloudwatch-logs');

exports.handler = async () =>
  [LambdaClient, IAMClient, STSClient, CloudWatchLogsClient].map(
    (Client) => new Client({ region: 'eu-west-1' }).config.serviceId,
  );
