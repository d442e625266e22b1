"""What boto3 signs by itself for us-east-1: addresses and forms of version 2. argv is the endpoint."""
import json
import sys

import boto3


def client(**session):
    return boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", **session)


key = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
s3 = client(**key)
s3.create_bucket(Bucket="plain")
sts = boto3.client("sts", endpoint_url=sys.argv[1], region_name="us-east-1", **key)
iam = boto3.client("iam", endpoint_url=sys.argv[1], region_name="us-east-1", **key)
trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=document)["Role"]["Arn"]
read = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
iam.attach_role_policy(RoleName="reader", PolicyArn=read)
session = sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
reader = client(
    aws_access_key_id=session["AccessKeyId"],
    aws_secret_access_key=session["SecretAccessKey"],
    aws_session_token=session["SessionToken"],
)

named = {"Bucket": "plain", "Key": "by/ü +"}
typed = {**named, "ContentType": "text/x", "Metadata": {"a": "b"}}
shown = {**named, "ResponseContentType": "text/y; charset=utf-8"}
print(
    json.dumps(
        {
            "put": s3.generate_presigned_url("put_object", Params=typed),
            "get": s3.generate_presigned_url("get_object", Params=shown),
            "expired": s3.generate_presigned_url("get_object", Params=named, ExpiresIn=-1),
            "read": reader.generate_presigned_url("get_object", Params=named),
            "write": reader.generate_presigned_url("put_object", Params=named),
            "form": s3.generate_presigned_post(
                "plain", "by/form", Conditions=[["content-length-range", 1, 10]]
            ),
        }
    )
)
