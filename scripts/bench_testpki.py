"""Leaves per second against peers: see bench.sh, which calls this.

    bench_testpki.py CERTWRIGHT ROUNDS-PROGRAM [ROUNDS]
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import trustme

CERTWRIGHT, PROGRAM = sys.argv[1], sys.argv[2]
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 7
MANY, FEW = 1000, 10

inner = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ours(kind, count):
    """Milliseconds for one leaf in process, on all cores."""
    inner.stdin.write(f"leaf {kind} {count}\n")
    inner.stdin.flush()
    return int(inner.stdout.readline()) / 1e6


AUTHORITIES = {kind: trustme.CA(key_type=kind) for kind in (trustme.KeyType.ECDSA, trustme.KeyType.RSA)}


def theirs(kind, count):
    begin = time.perf_counter()
    for _ in range(count):
        # The authority is P-256 on either side.
        leaf = AUTHORITIES[trustme.KeyType.ECDSA].issue_cert("localhost", "127.0.0.1", key_type=kind)
        leaf.private_key_pem.bytes()
    return (time.perf_counter() - begin) * 1e3 / count


def commands(count, *steps, environment=None):
    """Milliseconds for each of `count` leaves, made by `steps` in an empty folder; the authority is made before."""
    folder = tempfile.mkdtemp()
    run = lambda command: subprocess.run(
        command, cwd=folder, check=True, stdin=subprocess.DEVNULL, capture_output=True,
        env={**os.environ, **(environment(folder) if environment else {})},
    )  # fmt: skip
    for command in steps[0]:
        run(command)
    begin = time.perf_counter()
    for number in range(count):
        for command in steps[1]:
            run([word.replace("@", str(number)) for word in command])
    taken = (time.perf_counter() - begin) * 1e3 / count
    shutil.rmtree(folder)
    return taken


def testpki(kind, count):
    command = [CERTWRIGHT, "testpki", "pki", "--key", kind, "--host", "node{n}.example.test", "--count", str(count)]
    return commands(1, [], [command]) / count


def openssl(genkey):
    new = ["openssl", "req", "-new", "-nodes", "-subj", "/CN=n@.example.test", "-addext", "subjectAltName=DNS:n@.example.test"]
    return commands(
        FEW,
        [["openssl", "req", "-x509", "-nodes", *genkey, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca"]],
        [
            [*new, *genkey, "-keyout", "@.key", "-out", "@.csr"],
            "openssl x509 -req -in @.csr -CA ca.crt -CAkey ca.key -copy_extensions copy -days 30 -out @.crt".split(),
        ],
    )


EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
RSA = ["-newkey", "rsa:2048"]
root = lambda folder: {"CAROOT": folder, "TRUST_STORES": "none"}
SERIES = {
    "ours p256": lambda: ours("p256", 200),
    "trustme p256": lambda: theirs(trustme.KeyType.ECDSA, 200),
    "ours rsa2048": lambda: ours("rsa2048", 20),
    "trustme rsa2048": lambda: theirs(trustme.KeyType.RSA, 10),
    "testpki p256": lambda: testpki("p256", MANY),
    "testpki rsa2048": lambda: testpki("rsa2048", 50),
    "openssl p256": lambda: openssl(EC),
    "openssl rsa2048": lambda: openssl(RSA),
}
if shutil.which("mkcert"):
    new = "mkcert -cert-file @.crt -key-file @.key".split()
    SERIES["mkcert p256"] = lambda: commands(
        FEW, [["mkcert", "-ecdsa", "first.example.test"]], [[*new, "-ecdsa", "n@.example.test"]], environment=root
    )
    SERIES["mkcert rsa2048"] = lambda: commands(
        FEW, [["mkcert", "first.example.test"]], [[*new, "n@.example.test"]], environment=root
    )
else:
    print("mkcert is not installed: NOT RUN")
if shutil.which("minica"):
    # Debian's takes names alone, and makes RSA-2048 keys.
    SERIES["minica rsa2048"] = lambda: commands(
        FEW, [["minica", "first.example.test"]], [["minica", "n@.example.test"]]
    )
else:
    print("minica is not installed: NOT RUN")

taken = {name: [] for name in SERIES}
for _ in range(ROUNDS):
    for name, run in SERIES.items():
        taken[name].append(run())
median = {name: statistics.median(values) for name, values in taken.items()}
print(f"\nleaves of a test hierarchy, {ROUNDS} rounds\n{'':20}{'ms each':>10}{'a second':>10}")
for name, value in median.items():
    print(f"{name:20}{value:10.3f}{1e3 / value:10.0f}")
print(f"\n{'how many times as fast':40}{'ratio':>8}{'floor':>8}")
for kind, floor in [("p256", 1.3), ("rsa2048", 8)]:
    print(f"{'in process, ' + kind + ', as trustme':40}{median['trustme ' + kind] / median['ours ' + kind]:8.2f}{floor:8.1f}")
for name in median:
    peer, kind = name.split(" ")
    if peer in ("openssl", "mkcert", "minica"):
        print(f"{'testpki --count, ' + kind + ', as ' + peer:40}{median[name] / median['testpki ' + kind]:8.2f}")

# Linux counts the memory of the process that starts another as the other's; GNU time is smaller than what it starts.
if os.access("/usr/bin/time", os.X_OK):
    folder = tempfile.mkdtemp()
    memory = subprocess.run(
        ["/usr/bin/time", "-f", "%M",
         CERTWRIGHT, "testpki", folder + "/pki", "--host", "node{n}.example.test", "--count", "10000"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True,
    ).stderr  # fmt: skip
    shutil.rmtree(folder)
    print(f"\npeak memory of 10,000 leaves: {int(memory.split()[-1]) / 1024:.1f} MB; at most 100")
else:
    print("\nNOT MEASURED: the memory of 10,000 leaves, without /usr/bin/time")
