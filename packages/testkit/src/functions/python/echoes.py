"""Answers the event, the context, and how often this environment was invoked."""

import os

COUNT = 0


def handler(event, context):
    global COUNT
    COUNT += 1
    client = context.client_context
    return {
        "event": event,
        "context": {
            "function_name": context.function_name,
            "function_version": context.function_version,
            "memory_limit_in_mb": context.memory_limit_in_mb,
            "log_group_name": context.log_group_name,
            "log_stream_name": context.log_stream_name,
            "aws_request_id": context.aws_request_id,
            "invoked_function_arn": context.invoked_function_arn,
            "tenant_id": context.tenant_id,
            "client_custom": client.custom if client else None,
            "cognito_identity_id": context.identity.cognito_identity_id,
        },
        "count": COUNT,
        "remainingMs": context.get_remaining_time_in_millis(),
        "traceId": os.environ.get("_X_AMZN_TRACE_ID"),
    }
