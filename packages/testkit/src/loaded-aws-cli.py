"""The aws CLI of Debian, loaded once. Reads a command line from each line of its input, a JSON
document with argv, env and cwd; runs it as /usr/bin/aws would, in a process forked for it; and
writes what came of it as one line."""

import json
import os
import sys
import tempfile

given = set(os.environ)
import awscli.clidriver  # Says in the environment where its data are.
import awscli.handlers  # Its own customizations: half of what each command would load again.

own = {name: value for name, value in os.environ.items() if name not in given}


def become(command, output, errors):
    os.environ.clear()
    os.environ.update(own | command["env"])
    os.chdir(command["cwd"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output.fileno(), 1)
    os.dup2(errors.fileno(), 2)
    sys.argv = ["aws", *command["argv"]]
    sys.exit(awscli.clidriver.main())


def text_of(file):
    file.seek(0)
    return file.read().decode()


def run(command):
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        pid = os.fork()
        if pid == 0:
            become(command, output, errors)
        _, status = os.waitpid(pid, 0)
        return {
            "status": os.waitstatus_to_exitcode(status),
            "stdout": text_of(output),
            "stderr": text_of(errors),
        }


for line in sys.stdin:
    result = run(json.loads(line))
    print(json.dumps(result), flush=True)
