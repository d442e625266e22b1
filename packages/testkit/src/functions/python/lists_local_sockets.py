"""The names of the local sockets of this sandbox that are connected."""

_CONNECTED = "03"


def handler(event, context):
    with open("/proc/net/unix", encoding="utf-8") as file:
        columns = [line.split() for line in file]
    return [each[7] for each in columns if len(each) == 8 and each[5] == _CONNECTED]
