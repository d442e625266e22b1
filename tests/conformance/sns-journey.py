"""Topics of SNS by boto3. argv: endpoint. Prints one JSON object of what it saw."""
import json
import sys

import boto3
from botocore.exceptions import ClientError

sns = boto3.client(
    "sns",
    endpoint_url=sys.argv[1],
    region_name="ap-south-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
)
seen = {}


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        told = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return [told["Code"], told["Message"], status]
    return None


arn = sns.create_topic(
    Name="py",
    Attributes={"DisplayName": "Python"},
    Tags=[{"Key": "team", "Value": "blue"}],
)["TopicArn"]
seen["arn"] = arn
seen["topics"] = [each["TopicArn"] for each in sns.list_topics()["Topics"]]
seen["name"] = sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"]
seen["tags"] = sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
subscription = sns.subscribe(
    TopicArn=arn,
    Protocol="sqs",
    Endpoint="arn:aws:sqs:ap-south-1:000000000000:py",
    Attributes={"FilterPolicy": json.dumps({"kind": ["large"]})},
)["SubscriptionArn"]
seen["protocol"] = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"][0]["Protocol"]
attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
seen["filter"] = attributes["FilterPolicy"]
batch = sns.publish_batch(
    TopicArn=arn,
    PublishBatchRequestEntries=[{"Id": "a", "Message": "1"}, {"Id": "b", "Message": "2"}],
)
seen["batch"] = [[each["Id"] for each in batch["Successful"]], batch["Failed"]]
sns.add_permission(
    TopicArn=arn, Label="shop", AWSAccountId=["111111111111"], ActionName=["Publish"]
)
policy = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
seen["shared"] = [each["Sid"] for each in policy["Statement"]]
seen["refusals"] = [
    refused(sns.publish, TopicArn=arn + "x", Message="m"),
    refused(sns.publish, TopicArn=arn, Message=""),
    refused(sns.subscribe, TopicArn=arn, Protocol="email", Endpoint="a@example.com"),
    refused(sns.list_phone_numbers_opted_out),
]
sns.unsubscribe(SubscriptionArn=subscription)
subscriptions = sns.list_subscriptions()["Subscriptions"]
sns.delete_topic(TopicArn=arn)
seen["left"] = [subscriptions, sns.list_topics()["Topics"]]
print(json.dumps(seen))
