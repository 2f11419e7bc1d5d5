"""Espressif's NVS generator at work, for timing. One request a line on stdin, one answer a line on stdout.

{"mode": "memory", "seconds": 1} places the five rows of the seed in memory; "encrypted" encrypts them too;
"files" reads the CSV and writes the image. The answer: {"images": N, "seconds": S}.
"""

import contextlib
import csv
import io
import json
import os
import sys
import time
from types import SimpleNamespace

from esp_idf_nvs_partition_gen import nvs_partition_gen as generator

SIZE = 0x10000


def in_memory(rows, key):
    # The size without the reserved page, as the tool's own command line passes it on.
    image = io.BytesIO()
    nvs = generator.nvs_open(image, SIZE - 4096, generator.Page.VERSION2, is_encrypt=key is not None, key=key)
    for row in rows:
        generator.write_entry(nvs, row['key'], row['type'], row['encoding'], row['value'])
    generator.nvs_close(nvs)
    assert len(image.getvalue()) == SIZE


def with_files(source):
    args = SimpleNamespace(input=[source], output='tool.bin', size=hex(SIZE), version=2, outdir=os.getcwd())
    with contextlib.redirect_stdout(io.StringIO()):
        generator.generate(args)


def main():
    source, key_file = sys.argv[1:]
    with open(source, encoding='utf8') as file:
        rows = list(csv.DictReader(file))
    with open(key_file, 'rb') as file:
        key = file.read(64)
    work = {
        'memory': lambda: in_memory(rows, None),
        'encrypted': lambda: in_memory(rows, key),
        'files': lambda: with_files(source),
    }
    for line in sys.stdin:
        request = json.loads(line)
        run = work[request['mode']]
        images = 0
        started = time.perf_counter()
        while time.perf_counter() - started < request['seconds']:
            run()
            images += 1
        print(json.dumps({'images': images, 'seconds': time.perf_counter() - started}), flush=True)


main()
