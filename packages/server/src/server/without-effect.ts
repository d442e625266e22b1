/**
 * What can be stored or is set here and changes nothing, unlike on AWS: `hearth doctor` shows it.
 * Everything else that cannot act is refused.
 */
export const withoutEffect: Readonly<Record<string, string>> = {
  'iam instance profiles': 'there are no instances that could take them',
  'iam account aliases': 'there is no sign-in page that would show them',
  'iam OpenID Connect thumbprints': 'keys come from a file, no provider is asked over TLS',
  'conditions on aws:PrincipalOrgID and lambda:EventSourceToken': 'no request has these keys',
  'lifecycle policies and scans of ECR repositories':
    'images stay until they are deleted, and nobody looks into them',
  'VpcConfig of functions': 'functions have the network that those outside a VPC have',
  'SqsManagedSseEnabled and FifoThroughputLimit of SQS queues':
    'nothing is encrypted there, and no queue is limited',
};
