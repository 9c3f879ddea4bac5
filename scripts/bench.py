"""Ratios of key generation against peers: see bench.sh, which calls this.

    bench.py CERTWRIGHT ROUNDS-PROGRAM NUMBER-OF-ROUNDS
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.asymmetric import rsa

CERTWRIGHT, PROGRAM, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
# An empty value would switch off every feature of the processor in OpenSSL.
os.environ.pop("OPENSSL_ia32cap", None)
os.environ["PW"] = "fixture password"
HAS_IFMA = "avx512ifma" in open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else False
SUBJECT = "/C=US/ST=California/L=San Francisco/O=Example Inc"
INIT = ["init", "jwt", "--subject", SUBJECT, "--password-from", "env:PW"]
GUIDE = [
    "genpkey -aes-256-cbc -algorithm RSA -pass env:PW -out server.pass.key -pkeyopt rsa_keygen_bits:2048".split(),
    "rsa -passin env:PW -in server.pass.key -out server.key".split(),
    "rsa -in server.key -out server.pem".split(),
    ["req", "-new", "-key", "server.key", "-out", "server.csr", "-subj", SUBJECT],
    "x509 -req -sha256 -days 365 -in server.csr -signkey server.key -out server.crt".split(),
]

inner = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ours(task):
    inner.stdin.write(task + "\n")
    inner.stdin.flush()
    return int(inner.stdout.readline()) / 1e6


def theirs(bits):
    begin = time.perf_counter()
    rsa.generate_private_key(65537, bits)
    return (time.perf_counter() - begin) * 1e3


def process(*commands):
    """Milliseconds that `commands` take in an empty folder, one after the other."""
    folder = tempfile.mkdtemp()
    begin = time.perf_counter()
    for command in commands:
        subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    taken = (time.perf_counter() - begin) * 1e3
    shutil.rmtree(folder)
    return taken


def genkey(*_):
    return process([CERTWRIGHT, "genkey", "--unencrypted", "--out", "server.key"])


SERIES = {
    "key2048": lambda: ours("key best 2048"),
    "key2048 scalar": lambda: ours("key scalar 2048"),
    "cryptography2048": lambda: theirs(2048),
    "genkey": genkey,
    "genpkey": lambda: process("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out server.key".split()),
    "init": lambda: process([CERTWRIGHT, *INIT]),
    "init2048": lambda: process([CERTWRIGHT, *INIT, "--iterations", "2048"]),
    "guide": lambda: process(*[["openssl", *command] for command in GUIDE]),
    "filter": lambda: ours("filter best 1024"),
    "filter scalar": lambda: ours("filter scalar 1024"),
    "filter crypto-primes": lambda: ours("filter crypto-primes 1024"),
    "key4096": lambda: ours("key best 4096"),
    "key4096 scalar": lambda: ours("key scalar 4096"),
    "cryptography4096": lambda: theirs(4096),
}
if not HAS_IFMA:
    SERIES = {name: run for name, run in SERIES.items() if not name.endswith(" scalar")}

taken = {name: [] for name in SERIES}
for name, run in SERIES.items():
    run()
for _ in range(ROUNDS):
    for name, run in SERIES.items():
        taken[name].append(run())
median = {name: statistics.median(values) for name, values in taken.items()}

version = subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout.split()[1]
print(f"{ROUNDS} rounds; openssl {version}; cryptography with {backend.openssl_version_text()}")
print("with AVX-512 IFMA" if HAS_IFMA else "without AVX-512 IFMA: this processor has none, that column was NOT RUN")
print(f"\n{'':24}{'median':>10}{'mean':>10}{'90 %':>10}  ms")
for name, values in taken.items():
    ninth = statistics.quantiles(values, n=10)[-1]
    print(f"{name:24}{median[name]:10.2f}{statistics.mean(values):10.2f}{ninth:10.2f}")
print(f"\n{'how many times as fast':64}{'ratio':>8}{'floor':>8}")
way = 0 if HAS_IFMA else 1
for what, peer, mine, floors in [
    ("RSA-2048 in process, as cryptography's OpenSSL", "cryptography2048", "key2048", (10, 2)),
    ("RSA-4096 in process, as cryptography's OpenSSL", "cryptography4096", "key4096", (10, 1.5)),
    ("certwright genkey --unencrypted, as openssl genpkey", "genpkey", "genkey", (30, 6)),
    ("init at 600,000 iterations, as the guide's five commands at 2,048", "guide", "init", (1, 1)),
    ("init --iterations 2048, as the guide's five commands", "guide", "init2048", (8, 4)),
    ("base-2 test of a 1024-bit number, as crypto-primes", "filter crypto-primes", "filter", (12, 1.5)),
]:
    print(f"{what:64}{median[peer] / median[mine]:8.2f}{floors[way]:8.1f}")

# Linux counts the memory of the process that starts another as the other's; GNU time is smaller than what it starts.
if os.access("/usr/bin/time", os.X_OK):
    memory = subprocess.run(
        ["/usr/bin/time", "-f", "%M", CERTWRIGHT, "genkey", "--unencrypted", "--out", "-"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True,
    ).stderr  # fmt: skip
    print(f"\npeak memory of genkey: {int(memory.split()[-1]) / 1024:.1f} MB; at most 12")
else:
    print("\nNOT MEASURED: the memory of genkey, without /usr/bin/time")
