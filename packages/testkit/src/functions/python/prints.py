import logging
import sys

logger = logging.getLogger("shop")


def handler(event, context):
    print("plain")
    print("on stderr", file=sys.stderr)
    logger.warning("careful %d", 7)
    logger.info("not shown at the default level")
    try:
        raise KeyError("inner")
    except KeyError:
        logger.exception("caught", extra={"order": 7})
    return event
