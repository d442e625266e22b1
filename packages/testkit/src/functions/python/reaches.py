import json
import urllib.request


def handler(event, context):
    with urllib.request.urlopen(event["url"], timeout=5) as answer:
        return json.load(answer)
