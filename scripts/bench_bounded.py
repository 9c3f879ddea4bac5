"""Work bounded by input: the processor time and the peak memory of inputs under 1 MB that take much work. See bench.sh,
which calls this.

    bench_bounded.py CERTWRIGHT
"""

import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import bounded_inputs  # noqa: E402

CERTWRIGHT = sys.argv[1]
MAX_SECONDS, MAX_MB = 1, 100
# The most of one argument on Linux.
MAX_ARGUMENT = 131_000
# These make what they ask for, which is exempt.
MAKES_KEYS = {"leaves.toml", "deep-hosts.toml"}

if not os.access("/usr/bin/time", os.X_OK):
    print("\nNOT MEASURED: bounded work, without /usr/bin/time")
    sys.exit()

folder = tempfile.mkdtemp()
bounded_inputs.write(folder)
subprocess.run([CERTWRIGHT, "genkey", "--unencrypted", "--out", "key.pem"], cwd=folder, check=True, capture_output=True)


def commands(file):
    if file.endswith(".toml"):
        yield ["testpki", "pki", "--manifest", file]
    elif file.endswith(".txt"):
        with open(os.path.join(folder, file)) as text:
            yield ["csr", "--key", "key.pem", "--out", "-", "--subject", text.read(MAX_ARGUMENT)]
    elif file == "foreign":
        for verb in ["show", "verify", "status", "renew"]:
            yield [verb, file]
    else:
        for words in [["show"], ["show", "--json"], ["verify"], ["verify", "--json"], ["status"]]:
            yield [*words, file]


over = 0
print(f"\nbounded work: at most {MAX_SECONDS} s of CPU and {MAX_MB} MB for an input under 1 MB")
print(f"{'':40}{'CPU s':>8}{'MB':>8}")
files = sorted(file for file in os.listdir(folder) if file not in ("key.pem", "time") and file not in MAKES_KEYS)
for file in files:
    for words in commands(file):
        timed = ["/usr/bin/time", "-f", "%U %S %M", "-o", os.path.join(folder, "time"), "timeout", "60", CERTWRIGHT]
        subprocess.run([*timed, *words], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True)
        with open(os.path.join(folder, "time")) as measured:
            user, system, memory = measured.read().split()[-3:]
        seconds, megabytes = float(user) + float(system), int(memory) / 1024
        is_over = seconds > MAX_SECONDS or megabytes > MAX_MB
        over += is_over
        shown = " ".join([*words[:1], *(word for word in words[1:2] if word == "--json"), file])
        print(f"{shown:40}{seconds:8.2f}{megabytes:8.0f}{'  OVER' if is_over else ''}")
print(f"{over} over the limits")
shutil.rmtree(folder)
sys.exit(over > 0)
