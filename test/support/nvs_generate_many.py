"""Runs Espressif's NVS generator on many jobs in one process.

Reads one JSON job a line on stdin: {"inputs": [...], "output": "x.bin", "size": "0x4000", "version": 2, "key": null}.
Writes one JSON answer a line: {"ok": true} when the output holds the image, else {"ok": false, "error": "..."}.
"""

import contextlib
import io
import json
import os
import sys
from types import SimpleNamespace

from esp_idf_nvs_partition_gen import nvs_partition_gen as generator


def run(job):
    args = SimpleNamespace(
        input=job['inputs'],
        output=job['output'],
        size=job['size'],
        version=job['version'],
        outdir=os.getcwd(),
        keygen=False,
        keyfile=None,
        inputkey=job.get('key'),
    )
    if args.inputkey:
        generator.encrypt(args)
    else:
        generator.generate(args)


def main():
    for line in sys.stdin:
        noise = io.StringIO()
        try:
            with contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
                run(json.loads(line))
            answer = {'ok': True}
        except SystemExit as stop:
            answer = {'ok': False, 'error': 'exit %s: %s' % (stop.code, noise.getvalue()[-300:])}
        except Exception as error:
            answer = {'ok': False, 'error': '%s: %s' % (type(error).__name__, str(error)[:300])}
        print(json.dumps(answer), flush=True)


main()
