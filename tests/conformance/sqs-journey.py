"""SQS by boto3. argv: endpoint. Prints one JSON object of what it saw. Speaks the query protocol
where botocore is of the time before SQS had another (1.29 of Debian), else JSON."""
import json
import sys

import boto3
import botocore
from botocore.exceptions import ClientError

sqs = boto3.client(
    "sqs",
    endpoint_url=sys.argv[1],
    region_name="ap-south-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
)
seen = {"botocore": botocore.__version__, "protocol": sqs.meta.service_model.metadata["protocol"]}


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        told = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return [told["Code"], told["Message"], status]
    return None


url = sqs.create_queue(QueueName="py", Attributes={"DelaySeconds": "0"}, tags={"team": "a"})["QueueUrl"]
seen["url"] = url == sqs.get_queue_url(QueueName="py")["QueueUrl"]
seen["urls"] = sqs.list_queues()["QueueUrls"] == [url]
seen["tags"] = sqs.list_queue_tags(QueueUrl=url)["Tags"]
sqs.send_message(
    QueueUrl=url,
    MessageBody="<one> & \u00e9\n",
    MessageAttributes={
        "text": {"DataType": "String", "StringValue": "a"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        "number": {"DataType": "Number.int", "StringValue": "7"},
    },
)
message = sqs.receive_message(
    QueueUrl=url, AttributeNames=["All"], MessageAttributeNames=["All"], WaitTimeSeconds=5
)["Messages"][0]
seen["body"] = message["Body"]
seen["attributes"] = {
    name: value.get("StringValue", value.get("BinaryValue", b"").hex())
    for name, value in message["MessageAttributes"].items()
}
seen["receives"] = message["Attributes"]["ApproximateReceiveCount"]
sqs.change_message_visibility(
    QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
)
again = sqs.receive_message(QueueUrl=url)["Messages"][0]
sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
seen["empty"] = sqs.receive_message(QueueUrl=url).get("Messages", [])
batch = sqs.send_message_batch(
    QueueUrl=url,
    Entries=[{"Id": "a", "MessageBody": "a"}, {"Id": "b", "MessageBody": "b", "DelaySeconds": 901}],
)
seen["batch"] = [[each["Id"] for each in batch[key]] for key in ("Successful", "Failed")]
counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
seen["counts"] = counts["Attributes"]
seen["refusals"] = [
    refused(sqs.get_queue_url, QueueName="none"),
    refused(sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11),
    refused(sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": "true"}),
    refused(sqs.send_message, QueueUrl=url, MessageBody=""),
]
sqs.purge_queue(QueueUrl=url)
seen["refusals"].append(refused(sqs.purge_queue, QueueUrl=url))

fifo = sqs.create_queue(
    QueueName="py.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
)["QueueUrl"]
for body in ("1", "2", "2", "3"):
    sqs.send_message(QueueUrl=fifo, MessageBody=body, MessageGroupId="g")
received = sqs.receive_message(QueueUrl=fifo, MaxNumberOfMessages=10)["Messages"]
seen["order"] = [each["Body"] for each in received]
sqs.delete_message_batch(
    QueueUrl=fifo,
    Entries=[{"Id": str(at), "ReceiptHandle": each["ReceiptHandle"]} for at, each in enumerate(received)],
)
for each in (url, fifo):
    sqs.delete_queue(QueueUrl=each)
seen["left"] = sqs.list_queues().get("QueueUrls", [])
print(json.dumps(seen))
