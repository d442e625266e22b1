import { STSClient } from '@aws-sdk/client-sts';

export const handler = async () => new STSClient({ region: 'eu-west-1' }).config.serviceId;
