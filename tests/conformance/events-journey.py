"""EventBridge rules by boto3. argv: endpoint. Prints one JSON object of what it saw."""
import json
import sys

import boto3
from botocore.exceptions import ClientError

events = boto3.client(
    "events",
    endpoint_url=sys.argv[1],
    region_name="ap-south-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
)
seen = {}
queue = "arn:aws:sqs:ap-south-1:000000000000:py"


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        told = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return [told["Code"], told["Message"], status]
    return None


seen["arn"] = events.put_rule(
    Name="nightly",
    ScheduleExpression="cron(30 2 ? * MON-FRI *)",
    Description="at night",
    Tags=[{"Key": "team", "Value": "blue"}],
)["RuleArn"]
described = events.describe_rule(Name="nightly")
del described["ResponseMetadata"]
seen["described"] = described
seen["failed"] = events.put_targets(
    Rule="nightly",
    Targets=[{"Id": "q", "Arn": queue, "Input": json.dumps({"night": True})}],
)["FailedEntryCount"]
seen["targets"] = events.list_targets_by_rule(Rule="nightly")["Targets"]
seen["names"] = events.list_rule_names_by_target(TargetArn=queue)["RuleNames"]
events.disable_rule(Name="nightly")
seen["disabled"] = [each["State"] for each in events.list_rules(NamePrefix="night")["Rules"]]
events.enable_rule(Name="nightly")
seen["enabled"] = events.describe_rule(Name="nightly")["State"]
events.tag_resource(ResourceARN=seen["arn"], Tags=[{"Key": "cost", "Value": "7"}])
events.untag_resource(ResourceARN=seen["arn"], TagKeys=["team"])
seen["tags"] = events.list_tags_for_resource(ResourceARN=seen["arn"])["Tags"]
seen["refusals"] = [
    refused(events.describe_rule, Name="none"),
    refused(events.put_rule, Name="bad", ScheduleExpression="rate(1 minutes)"),
    refused(events.put_rule, Name="bad"),
    refused(events.put_rule, Name="bad", EventPattern='{"source": "a"}'),
    refused(events.delete_rule, Name="nightly"),
]
seen["bus"] = events.create_event_bus(Name="orders")["EventBusArn"]
seen["put"] = events.put_events(
    Entries=[
        {"Source": "a", "DetailType": "b", "Detail": "{}", "EventBusName": "orders"},
        {"Source": "a", "DetailType": "b", "Detail": "{", "EventBusName": "orders"},
    ]
)
del seen["put"]["ResponseMetadata"]
del seen["put"]["Entries"][0]["EventId"]
seen["buses"] = [each["Name"] for each in events.list_event_buses()["EventBuses"]]
events.delete_event_bus(Name="orders")
events.remove_targets(Rule="nightly", Ids=["q"])
events.delete_rule(Name="nightly")
seen["left"] = events.list_rules()["Rules"]
print(json.dumps(seen))
