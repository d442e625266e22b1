import subprocess

from layered import word


def handler(_event, _context):
    return [word, subprocess.check_output(["layered"], text=True)]
