"""The main job by boto3. argv: endpoint, path of the zip. Prints one JSON object of what it saw."""
import json
import sys

import boto3
from botocore.exceptions import ClientError

endpoint, zip_path = sys.argv[1:]


def client(service):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="ap-south-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


iam, functions, logs = client("iam"), client("lambda"), client("logs")
seen = {}

trust = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
role = iam.create_role(RoleName="py-role", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
iam.attach_role_policy(
    RoleName="py-role",
    PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
)
with open(zip_path, "rb") as file:
    created = functions.create_function(
        FunctionName="py",
        Runtime="python3.11",
        Handler="app.handler",
        Role=role["Arn"],
        Code={"ZipFile": file.read()},
        Timeout=5,
    )
seen["created"] = created["State"]
functions.get_waiter("function_active_v2").wait(FunctionName="py")
seen["active"] = functions.get_function(FunctionName="py")["Configuration"]["State"]

answer = functions.invoke(FunctionName="py", Payload=b'{"n": 20}', LogType="Tail")
seen["answer"] = json.loads(answer["Payload"].read())
seen["executed"] = answer["ExecutedVersion"]

failed = functions.invoke(FunctionName="py", Payload=b'{"fail": true}')
seen["functionError"] = failed["FunctionError"]
seen["failure"] = json.loads(failed["Payload"].read())

functions.update_function_configuration(FunctionName="py", Timeout=9)
functions.get_waiter("function_updated_v2").wait(FunctionName="py")
seen["timeout"] = functions.get_function_configuration(FunctionName="py")["Timeout"]
seen["names"] = [
    each["FunctionName"]
    for page in functions.get_paginator("list_functions").paginate()
    for each in page["Functions"]
]

group = "/aws/lambda/py"
waiting = 50
while waiting > 0:
    try:
        messages = [
            event["message"]
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            for event in page["events"]
        ]
    except logs.exceptions.ResourceNotFoundException:
        messages = []
    if sum("REPORT" in message for message in messages) >= 2:
        break
    waiting -= 1
    functions.get_waiter("function_active_v2").wait(FunctionName="py")
    __import__("time").sleep(0.1)
seen["printed"] = [message for message in messages if "printed by python" in message]

try:
    functions.create_function(
        FunctionName="py",
        Runtime="python3.11",
        Handler="app.handler",
        Role=role["Arn"],
        Code={"ZipFile": b"not a zip"},
    )
except ClientError as error:
    seen["conflict"] = [error.response["Error"]["Code"], error.response["Error"]["Message"]]
functions.delete_function(FunctionName="py")
try:
    functions.get_function(FunctionName="py")
except functions.exceptions.ResourceNotFoundException as error:
    seen["gone"] = error.response["Error"]["Message"]
print(json.dumps(seen))
