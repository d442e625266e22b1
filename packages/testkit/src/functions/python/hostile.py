"""Does to its sandbox what it is told to: the acts of nodejs-esm/hostile.mjs, with the same answers."""

import ctypes
import errno
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

MIB = 1 << 20
RUNTIME_API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"


def attempt(act):
    """What became of an act: its result, or the error's code."""
    try:
        result = act()
        return "done" if result is None else result
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def read(file):
    with open(file, encoding="latin1") as opened:
        return opened.read()


def write(file):
    with open(file, "w", encoding="utf8") as opened:
        opened.write("x")


def connect(address):
    try:
        if address.startswith("/"):
            family, target = socket.AF_UNIX, address
        else:
            host, port = address.rsplit(":", 1)
            family, target = socket.AF_INET, (host, int(port))
        with socket.socket(family) as opened:
            opened.settimeout(1.5)
            opened.connect(target)
        return "connected"
    except TimeoutError:
        return "timeout"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def call_runtime_api(path, body=None):
    try:
        with urllib.request.urlopen(f"{RUNTIME_API}/{path}", data=body) as response:
            return [response.status, json.load(response).get("errorType")]
    except urllib.error.HTTPError as error:
        return [error.code, json.load(error).get("errorType")]


def echo(event, context):
    return event["value"]


def block(event, context):
    while True:
        pass


def pause(event, context):
    time.sleep(event["ms"] / 1000)
    return "paused"


def fork_bomb(event, context):
    started = 0
    while True:
        try:
            if os.fork() == 0:
                time.sleep(1000)
                os._exit(0)
            started += 1
        except OSError as error:
            return {"code": errno.errorcode[error.errno], "started": started}


def eat(event, context):
    kept = []
    while True:
        kept.append(b"x" * (8 * MIB))


def fill(event, context):
    written = 0

    def write_all():
        nonlocal written
        with open(event["file"], "wb", buffering=0) as opened:
            while written < event["mib"]:
                if opened.write(b"x" * MIB) < MIB:
                    continue
                written += 1

    code = attempt(write_all)
    if not os.path.exists(event["file"]):
        return code
    os.unlink(event["file"])
    return {"code": code, "written": written}


def descriptors(event, context):
    opened = []

    def open_all():
        while True:
            opened.append(os.open("/dev/null", os.O_RDONLY))

    code = attempt(open_all)
    for each in opened:
        os.close(each)
    return {"code": code, "opened": len(opened)}


def write_out(data):
    while data:
        data = data[os.write(1, data) :]


def flood(event, context):
    line = b"\x1b[31m" + b"x" * 1018 + b"\n"
    write_out(b"y" * (event["mib"] * MIB))
    for _ in range(event["mib"] * 1024):
        write_out(line)
    return "flooded"


def forge(event, context):
    for line in event["lines"]:
        print(line)
    return "forged"


def answer(event, context):
    return "x" * event["size"]


def answer_for(event, context):
    return call_runtime_api(f"invocation/{event['id']}/response", b'"stolen"')


def answer_twice(event, context):
    path = f"invocation/{context.aws_request_id}/response"
    return [call_runtime_api(path, b'"first"'), call_runtime_api(path, b'"second"')]


def next_again(event, context):
    return call_runtime_api("invocation/next")


def answer_late(event, context):
    if os.fork() == 0:
        os.setsid()
        time.sleep(context.get_remaining_time_in_millis() / 1000 + 1)
        call_runtime_api(f"invocation/{context.aws_request_id}/response", b'"late"')
        os._exit(0)
    time.sleep(60)


def exit_(event, context):
    os._exit(event["status"])


def signal_(event, context):
    os.kill(os.getpid(), getattr(signal, event["name"]))
    time.sleep(60)


def daemon(event, context):
    signal.signal(signal.SIGTERM, lambda *_: None)
    is_there = 'until [ "$(cat /proc/$!/comm)" = sleep ]; do :; done'
    script = f'trap "" TERM; setsid sleep {event["seconds"]} & {is_there}'
    silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run(["/bin/sh", "-c", script], check=False, **silent).returncode


def secrets(event, context):
    files = ["/proc/kcore", "/proc/keys", "/proc/kallsyms", "/proc/timer_list", "/etc/shadow"]
    sizes = [attempt(lambda file=file: len(read(file))) for file in files]
    return {
        "files": [
            [file, "read" if isinstance(size, int) and size > 0 else "nothing"]
            for file, size in zip(files, sizes)
        ],
        "sys": attempt(lambda: os.listdir("/sys")),
        "processes": len([name for name in os.listdir("/proc") if name.isdigit()]),
        "parent": attempt(lambda: read("/proc/1/environ")),
    }


def reach(event, context):
    return {address: connect(address) for address in event["addresses"]}


LISTENING = []


def listen(event, context):
    opened = socket.create_server(("0.0.0.0", 0))
    LISTENING.append(opened)
    return opened.getsockname()[1]


def escape(event, context):
    commands = ["unshare -Ur true", "unshare -n true", "mount -t tmpfs x /tmp", "umount /tmp"]

    def run(command):
        program, *args = command.split(" ")
        ended = subprocess.run([f"/usr/bin/{program}", *args], check=False, capture_output=True)
        return "allowed" if ended.returncode == 0 else "refused"

    return [[command, attempt(lambda command=command: run(command))] for command in commands]


def overwrite(event, context):
    folder = event["folder"]
    acts = [
        lambda: write(f"{folder}/open.txt"),
        lambda: write(f"{folder}/new.txt"),
        lambda: os.chmod(f"{folder}/open.txt", 0o600),
        lambda: os.unlink(f"{folder}/open.txt"),
        lambda: read(f"{folder}/open.txt"),
    ]
    return [attempt(act) for act in acts]


def sign_with(event, context):
    import boto3
    from botocore.exceptions import ClientError

    keys = {
        "aws_access_key_id": event["accessKeyId"],
        "aws_secret_access_key": event["secretAccessKey"],
        "aws_session_token": "",
    }
    try:
        return boto3.client("sts", **keys).get_caller_identity()["Arn"]
    except ClientError as error:
        answered = error.response
        return [answered["Error"]["Code"], answered["ResponseMetadata"]["HTTPStatusCode"]]


def raw_sockets(event, context):
    """Only here: Node has none."""
    kinds = [
        (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
        (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW),
        (socket.AF_PACKET, socket.SOCK_RAW, 0),
        (socket.AF_PACKET, socket.SOCK_DGRAM, 0),
        (socket.AF_ALG, socket.SOCK_SEQPACKET, 0),
        (socket.AF_VSOCK, socket.SOCK_STREAM, 0),
    ]
    return [attempt(lambda kind=kind: socket.socket(*kind).close()) for kind in kinds]


def system_calls(event, context):
    """Only here: Node makes none by number. Each with zeros, or the arguments given."""
    libc = ctypes.CDLL(None, use_errno=True)

    def call(number, *args):
        if libc.syscall(number, *[*args, 0, 0, 0, 0, 0, 0][:6]) < 0:
            raise OSError(ctypes.get_errno(), "")

    return [attempt(lambda each=each: call(*each)) for each in event["calls"]]


ACTS = {
    "echo": echo,
    "block": block,
    "pause": pause,
    "fork-bomb": fork_bomb,
    "eat": eat,
    "fill": fill,
    "descriptors": descriptors,
    "flood": flood,
    "forge": forge,
    "answer": answer,
    "answer-for": answer_for,
    "answer-twice": answer_twice,
    "next-again": next_again,
    "answer-late": answer_late,
    "exit": exit_,
    "signal": signal_,
    "daemon": daemon,
    "secrets": secrets,
    "reach": reach,
    "listen": listen,
    "escape": escape,
    "overwrite": overwrite,
    "sign-with": sign_with,
    "raw-sockets": raw_sockets,
    "system-calls": system_calls,
}

# What it does before it has a handler: to end, or to take its time.
AT_INIT = json.loads(os.environ.get("AT_INIT", "null"))
if AT_INIT is not None:
    ACTS[AT_INIT["act"]](AT_INIT, None)


def handler(event, context):
    return ACTS[event["act"]](event, context)
