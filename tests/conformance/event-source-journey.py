"""An SQS queue as a function's source by boto3. argv: endpoint, path of the function's zip. The
function sends what it was invoked with to the queue `out`. Prints one JSON object of what it saw."""
import json
import sys
import time

import boto3
from botocore.exceptions import ClientError

OPTIONS = {
    "endpoint_url": sys.argv[1],
    "region_name": "eu-west-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}
iam, sqs, functions = (boto3.client(name, **OPTIONS) for name in ("iam", "sqs", "lambda"))
seen = {}


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return [error.response["Error"]["Code"], error.response["Error"]["Message"], status]
    return None


def allow(*actions):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="esm", PolicyName="queues", PolicyDocument=document)


def until_state(wanted):
    for _ in range(600):
        if functions.get_event_source_mapping(UUID=uuid)["State"] == wanted:
            return wanted
        time.sleep(0.1)
    return functions.get_event_source_mapping(UUID=uuid)["State"]


def told():
    """The records that the function was given next, in one batch."""
    for _ in range(30):
        for message in sqs.receive_message(QueueUrl=out, WaitTimeSeconds=2).get("Messages", []):
            sqs.delete_message(QueueUrl=out, ReceiptHandle=message["ReceiptHandle"])
            return json.loads(message["Body"])["Records"]
    return None


trust = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
role = iam.create_role(RoleName="esm", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
allow("sqs:SendMessage")
with open(sys.argv[2], "rb") as code:
    function_arn = functions.create_function(
        FunctionName="esm",
        Runtime="nodejs26.x",
        Handler="index.handler",
        Role=role,
        Timeout=20,
        Code={"ZipFile": code.read()},
    )["FunctionArn"]
functions.get_waiter("function_active_v2").wait(FunctionName="esm")
queue = sqs.create_queue(QueueName="in")["QueueUrl"]
out = sqs.create_queue(QueueName="out")["QueueUrl"]
sqs.create_queue(QueueName="short", Attributes={"VisibilityTimeout": "19"})
sqs.create_queue(QueueName="in.fifo", Attributes={"FifoQueue": "true"})
arn = "arn:aws:sqs:eu-west-1:000000000000:"
create = functions.create_event_source_mapping
source = {"FunctionName": "esm", "EventSourceArn": arn + "in"}

rights = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
seen["rights"] = []
for count in range(len(rights)):
    allow("sqs:SendMessage", *rights[:count])
    seen["rights"].append(refused(create, **source))
allow("sqs:SendMessage", *rights)
seen["refusals"] = [
    refused(create, FunctionName="esm"),
    refused(create, FunctionName="none", EventSourceArn=arn + "in"),
    refused(create, FunctionName="esm", EventSourceArn=arn + "none"),
    refused(create, FunctionName="esm", EventSourceArn=arn + "short"),
    refused(create, StartingPosition="LATEST", **source),
    refused(create, BatchSize=11, **source),
    refused(create, FilterCriteria={"Filters": [{"Pattern": '{"body":"text"}'}]}, **source),
    refused(create, ParallelizationFactor=2, **source),
    refused(create, FunctionName="esm", EventSourceArn=arn + "in.fifo", MaximumBatchingWindowInSeconds=1),
    refused(create, FunctionName="esm", EventSourceArn=arn + "in", BatchSize=10001),
    refused(functions.get_event_source_mapping, UUID="00000000-0000-0000-0000-000000000000"),
]

created = create(
    FilterCriteria={"Filters": [{"Pattern": '{"body":{"kind":["wanted"]}}'}]}, **source
)
status = created.pop("ResponseMetadata")["HTTPStatusCode"]
uuid = created.pop("UUID")
mapping_arn = f"arn:aws:lambda:eu-west-1:000000000000:event-source-mapping:{uuid}"
created.pop("LastModified")
seen["created"] = [status, created]
duplicate = refused(create, **source)
seen["duplicate"] = [each.replace(uuid, "UUID") if isinstance(each, str) else each for each in duplicate]
seen["enabled"] = until_state("Enabled")
listed = functions.list_event_source_mappings(EventSourceArn=arn + "in")["EventSourceMappings"]
seen["listed"] = [each["UUID"] == uuid for each in listed]
by_name = functions.list_event_source_mappings(FunctionName="other")["EventSourceMappings"]
seen["listed_of_other"] = by_name
functions.tag_resource(Resource=mapping_arn, Tags={"team": "a", "stage": "b"})
seen["tags"] = functions.list_tags(Resource=mapping_arn)["Tags"]
functions.untag_resource(Resource=mapping_arn, TagKeys=["team"])
seen["other_tags"] = functions.list_tags(Resource=mapping_arn)["Tags"]

sqs.send_message(QueueUrl=queue, MessageBody='{"kind":"left out"}')
sqs.send_message(
    QueueUrl=queue,
    MessageBody='{"kind":"wanted"}',
    MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}},
)
[record] = told()
seen["record"] = {
    name: record[name] for name in ("body", "messageAttributes", "eventSource", "eventSourceARN", "awsRegion")
}
seen["record_names"] = sorted(record)
seen["attribute_names"] = sorted(record["attributes"])

update = functions.update_event_source_mapping
seen["disabling"] = update(UUID=uuid, Enabled=False, FilterCriteria={"Filters": []})["State"]
seen["disabled"] = until_state("Disabled")
sqs.send_message(QueueUrl=queue, MessageBody="later")
seen["enabling"] = update(UUID=uuid, Enabled=True)["State"]
seen["later"] = [each["body"] for each in told()]
updated = update(
    UUID=uuid,
    BatchSize=20,
    MaximumBatchingWindowInSeconds=1,
    FunctionResponseTypes=["ReportBatchItemFailures"],
)
names = ("State", "BatchSize", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes")
seen["updated"] = [updated[name] for name in names]
seen["no_filter"] = "FilterCriteria" not in updated
seen["invalid_update"] = refused(update, UUID=uuid, MaximumBatchingWindowInSeconds=0)

attributes = {"AttributeNames": ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]}
for _ in range(300):
    left = sqs.get_queue_attributes(QueueUrl=queue, **attributes)["Attributes"]
    if set(left.values()) == {"0"}:
        break
    time.sleep(0.1)
seen["left"] = left
deleted = functions.delete_event_source_mapping(UUID=uuid)
seen["deleted"] = [deleted["ResponseMetadata"]["HTTPStatusCode"], deleted["State"]]
for _ in range(300):
    gone = refused(functions.get_event_source_mapping, UUID=uuid)
    if gone is not None:
        break
    time.sleep(0.1)
seen["gone"] = gone
seen["gone_tags"] = [
    each.replace(uuid, "UUID") if isinstance(each, str) else each
    for each in refused(functions.list_tags, Resource=mapping_arn)
]
print(json.dumps(seen))
