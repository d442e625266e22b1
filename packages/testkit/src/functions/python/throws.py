import sys


class OrderError(Exception):
    pass


def handler(event, context):
    return find(event)


def find(event):
    raise OrderError("no such order")


def unserialisable(event, context):
    return {"a": {1, 2}}


def exits_42(event, context):
    sys.exit(42)
