"""boto3's transfer manager against a server: argv is the endpoint and a folder with `large`."""
import hashlib
import json
import sys

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, folder = sys.argv[1:3]
s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(signature_version="s3v4"),
)
s3.create_bucket(Bucket="boto")
config = TransferConfig(multipart_threshold=8 * 1024 * 1024, max_concurrency=4)
s3.upload_file(
    f"{folder}/large",
    "boto",
    "nested/large",
    Config=config,
    ExtraArgs={"Metadata": {"from": "boto3"}, "ContentType": "application/x-large"},
)
s3.download_file("boto", "nested/large", f"{folder}/back", Config=config)
s3.copy({"Bucket": "boto", "Key": "nested/large"}, "boto", "copied", Config=config)


def digest(name):
    with open(f"{folder}/{name}", "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


head = s3.head_object(Bucket="boto", Key="nested/large")
try:
    s3.put_object(Bucket="boto", Key="md5", Body=b"x", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==")
    refused = None
except ClientError as error:
    refused = error.response["Error"]["Code"]
try:
    s3.head_bucket(Bucket="nobody")
    missing = None
except ClientError as error:
    missing = error.response["ResponseMetadata"]["HTTPStatusCode"]
form = s3.generate_presigned_post(
    "boto",
    "forms/${filename}",
    Fields={"Content-Type": "text/plain"},
    Conditions=[["starts-with", "$Content-Type", "text/"], ["content-length-range", 1, 10]],
)
print(
    json.dumps(
        {
            "same": digest("large") == digest("back"),
            "etag": head["ETag"],
            "metadata": head["Metadata"],
            "type": head["ContentType"],
            "copied": s3.head_object(Bucket="boto", Key="copied")["ContentLength"],
            "keys": [each["Key"] for each in s3.list_objects_v2(Bucket="boto")["Contents"]],
            "refused": refused,
            "missing": missing,
            "form": form,
        }
    )
)
