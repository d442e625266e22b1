from decimal import Decimal


def handler(event, context):
    return {"decimal": Decimal("1.10"), "whole": Decimal("3"), "text": "grüße", "none": None}


def raw(event, context):
    return b"\x00\xff"
