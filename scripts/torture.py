"""SIGKILL before, and an error of, each system call with which certwright changes a folder; see scripts/torture.sh.

For each command a template folder is made once and copied for each trial. An undisturbed run under strace shows the calls. A
trial repeats the command with one call disturbed, then checks:

- each file is absent, as it was, or new and whole; private keys are readable by their owner only; what was replaced is kept
- after an error: exit status 0 and everything new, or 2 and everything as it was; nothing left behind
- the same command once more either works, or stops with exit status 2 and names `certwright recover`, which leads to a set that
  is wholly new (finished) or wholly old (--undo), in which nothing of certwright's own is left
"""

import argparse
import base64
import collections
import concurrent.futures
import hashlib
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading

PROGRAM = os.environ["CERTWRIGHT"]
PASSWORD = "secret1"
TIME_LIMIT = 60
JOURNAL = ".certwright-unfinished"

# Calls after which a folder, a file's content or its mode is another; a kill before any other call leaves what a kill before
# the next of these leaves.
CHANGES = (
    "chmod fchmod fchmodat fchmodat2 fsync fdatasync ftruncate link linkat mkdir mkdirat open openat rename renameat "
    "renameat2 rmdir symlink symlinkat syncfs unlink unlinkat write pwrite64 writev flock"
).split()

ERRORS = {
    "chmod": ["EPERM"],
    "close": ["EIO"],
    "fchmod": ["EPERM"],
    "fchmodat": ["EPERM"],
    "fdatasync": ["EIO"],
    "flock": ["ENOLCK", "EIO"],
    "fsync": ["EIO", "ENOSPC"],
    "ftruncate": ["EIO"],
    "getdents64": ["EIO"],
    "getrandom": ["EIO", "ENOSYS"],
    "link": ["EPERM", "EIO"],
    "linkat": ["EPERM", "EIO"],
    "mkdir": ["EACCES", "ENOSPC"],
    "mkdirat": ["EACCES", "ENOSPC"],
    "newfstatat": ["EIO"],
    "openat": ["EACCES", "EMFILE", "ENOSPC", "EIO"],
    "pwrite64": ["ENOSPC", "EIO"],
    "read": ["EIO"],
    "readlink": ["EIO"],
    "rename": ["EACCES", "EIO", "ENOSPC"],
    "renameat": ["EACCES", "EIO", "ENOSPC"],
    "renameat2": ["EACCES", "EIO", "EINVAL", "ENOSPC"],
    "rmdir": ["EACCES"],
    "statx": ["EIO"],
    "syncfs": ["EIO"],
    "unlink": ["EACCES"],
    "unlinkat": ["EACCES"],
    "write": ["ENOSPC", "EIO", "EDQUOT"],
}
# Where one of these fails, something of ours may stay: it could not be removed. The next run has to deal with it.
REMOVALS = {"rmdir", "unlink", "unlinkat", "close"}

# What `certwright recover` can do with what a killed run left; each is tried after each kill.
WAYS = ["finish", "undo", "discard"]

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PW": PASSWORD, "LC_ALL": "C.UTF-8"}


class Command:
    """What is run, in which folder, and how its result is checked."""

    def __init__(self, name, prepare, words, inside=".", verify=None):
        self.name = name
        self.prepare = prepare
        self.words = words
        self.inside = inside
        self.verify = verify or verify_set


def run(words, folder, timeout=TIME_LIMIT):
    """The exit status, and what was printed. A run that takes too long counts as one that was stopped by SIGALRM."""
    # A session of its own, so that strace and its child end together.
    process = subprocess.Popen(
        words,
        cwd=folder,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return -signal.SIGALRM, output.decode(errors="replace")
    return process.returncode, output.decode(errors="replace")


def certwright(folder, *words):
    code, output = run([PROGRAM, *words], folder)
    if code != 0:
        sys.exit(f"{' '.join(words)}: exit status {code}\n{output}")


INIT = ["--country", "US", "--organization", "Example Inc", "--password-from", "env:PW", "--iterations", "2048"]


def prepare_set(folder, *more):
    certwright(folder, "init", "set", *INIT, *more)


def prepare_two_folders(folder):
    prepare_set(folder, "--p12", "--jks")
    os.mkdir(f"{folder}/archive", 0o700)
    os.rename(f"{folder}/set/server.crt", f"{folder}/archive/server.crt")
    os.symlink("../archive/server.crt", f"{folder}/set/server.crt")


MANIFEST = """\
[authority.root]
[authority.issuing]
issuer = "root"
crl = true
[leaf.web]
issuer = "issuing"
hosts = ["localhost"%s]
formats = ["p12", "jks"]
[leaf.api]
issuer = "issuing"
hosts = ["api.test"]
"""


def prepare_manifest(folder):
    for hosts in ["", ', "b.test"']:
        with open(f"{folder}/pki.toml", "w", encoding="utf-8") as file:
            file.write(MANIFEST % hosts)
        if not hosts:
            certwright(folder, "testpki", "pki", "--manifest", "pki.toml")


def verify_set(folder):
    names = sorted(os.listdir(f"{folder}/set"))
    files = [name for name in names if not name.startswith(("backup-", "."))]
    return [(f"{folder}/set", ["verify", *files, "--password-from", "env:PW"])]


def verify_leaves(folder):
    """Each leaf with its chain, as its CA vouches for it."""
    pki = f"{folder}/pki"
    names = sorted(os.listdir(pki))
    root = "root.crt" if "root.crt" in names else "ca.crt"
    checks = []
    for chain in [name for name in names if name.endswith(".fullchain.crt")]:
        leaf = chain.removesuffix(".fullchain.crt")
        files = [name for name in names if name in (f"{leaf}.key", f"{leaf}.crt", chain, f"{leaf}.p12", f"{leaf}.jks")]
        files += [name for name in names if name.endswith(".crl")]
        password = ["--password-from", "file:keystore.pass.txt"] if "keystore.pass.txt" in names else []
        checks.append((pki, ["verify", "--ca", root, *files, *password]))
    return checks


COMMANDS = [
    Command("init", lambda folder: None, ["init", "set", *INIT, "--p12", "--jks"]),
    Command(
        "init-force",
        lambda folder: prepare_set(folder, "--p12", "--jks"),
        ["init", "set", *INIT, "--p12", "--jks", "--force"],
    ),
    Command(
        "p12",
        prepare_set,
        ["p12", "--password-from", "env:PW", "--store-password-from", "env:PW", "--iterations", "2048"],
        "set",
    ),
    Command(
        "jks",
        prepare_set,
        ["jks", "--key", "server.key", "--cert", "server.crt", "--password-from", "env:PW"],
        "set",
    ),
    # PKCS#1 in the place of PKCS#8, so that old and new can be told apart.
    Command(
        "decrypt-force",
        prepare_set,
        ["decrypt", "--force", "--format", "pkcs1", "--password-from", "env:PW"],
        "set",
    ),
    Command(
        "renew",
        lambda folder: prepare_set(folder, "--p12", "--jks"),
        ["renew", "--password-from", "env:PW"],
        "set",
    ),
    Command(
        "renew-new-key",
        lambda folder: prepare_set(folder, "--p12", "--jks"),
        ["renew", "--new-key", "--password-from", "env:PW"],
        "set",
    ),
    Command(
        "renew-two-folders",
        prepare_two_folders,
        ["renew", "--new-key", "--password-from", "env:PW"],
        "set",
    ),
    Command(
        "testpki",
        lambda folder: None,
        ["testpki", "pki", "--host", "localhost", "--intermediate", "--jks"],
        verify=verify_leaves,
    ),
    Command(
        "testpki-count",
        lambda folder: None,
        ["testpki", "pki", "--count", "20", "--host", "h{number}.test"],
        verify=verify_leaves,
    ),
    Command(
        "testpki-manifest",
        prepare_manifest,
        ["testpki", "pki", "--manifest", "pki.toml"],
        verify=verify_leaves,
    ),
]


def snapshot(folder):
    """Every path below `folder` with its mode, and what it holds."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(place, name)
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(path).encode()
            else:
                content = None
            found[os.path.relpath(path, folder)] = (stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode), content)
    return found


def is_ours(path):
    return os.path.basename(path).startswith(".certwright-")


def is_backup(path):
    return any(part.startswith("backup-") for part in path.split(os.sep))


def is_key(content):
    return b"PRIVATE KEY" in content or content.startswith(b"\xfe\xed\xfe\xed") or is_p12(content)


def is_p12(content):
    return content[:1] == b"\x30" and content[4:7] == b"\x02\x01\x03"


def is_whole(path, content):
    """True for a file that is not cut off: armour with its END and all base64, or as long as its head says."""
    if content.startswith(b"\xfe\xed\xfe\xed"):
        text = "".join(chr(0) + c for c in PASSWORD).encode()
        return any(
            hashlib.sha1(password + b"Mighty Aphrodite" + content[:-20]).digest() == content[-20:]
            for password in [text, *keystore_passwords(path)]
        )
    if content[:2] == b"\x30\x82":
        return len(content) == 4 + int.from_bytes(content[2:4], "big")
    if b"-----BEGIN" not in content:
        return content.endswith(b"\n") and len(content) > 1
    blocks = re.findall(rb"-----BEGIN ([^\n]*)-----\n(.*?)\n-----END \1-----\n", content, re.S)
    if len(blocks) != content.count(b"-----BEGIN"):
        return False
    return all(len(base64.b64decode(body.replace(b"\n", b""), validate=True)) > 32 for _, body in blocks)


def keystore_passwords(path):
    """The password beside a keystore of a test hierarchy; it may not be there yet, but for a staged form."""
    for place, _, files in os.walk(os.path.dirname(path)):
        for name in files:
            with open(os.path.join(place, name), "rb") as file:
                text = file.read(64).strip()
            if len(text) == 26:
                yield b"".join(bytes([0, byte]) for byte in text)


class Trials:
    """The template of a command, and what an undisturbed run makes of it."""

    def __init__(self, command, scratch):
        self.command = command
        self.scratch = scratch
        self.template = os.path.join(scratch, "template")
        os.makedirs(self.template)
        command.prepare(self.template)
        self.old = snapshot(self.template)
        self.count = 0
        self.lock = threading.Lock()
        folder = self.copy()
        trace = os.path.join(scratch, "trace")
        calls = sorted(set(CHANGES) | set(ERRORS))
        code, output = run(
            ["strace", "-f", "-qq", "-y", "-o", trace, "-e", "trace=" + ",".join("?" + call for call in calls), PROGRAM]
            + command.words,
            os.path.join(folder, command.inside),
        )
        if code != 0:
            sys.exit(f"{command.name}: exit status {code}\n{output}")
        made = snapshot(folder)
        problems = [path for path in made if is_ours(path)] + self.faults(folder)
        if problems:
            sys.exit(f"{command.name}, undisturbed: {problems}")
        files = {path: entry for path, entry in made.items() if not is_backup(path) and stat.S_ISREG(entry[0])}
        self.added = {path for path in files if path not in self.old}
        self.changed = {path for path in files if path in self.old and self.old[path][2] != files[path][2]}
        self.modes = {path: entry[1] for path, entry in made.items() if not is_backup(path)}
        with open(trace, encoding="utf-8", errors="replace") as lines:
            self.calls = read_trace(lines, self.scratch)
        shutil.rmtree(folder)

    def copy(self):
        with self.lock:
            self.count += 1
            folder = os.path.join(self.scratch, f"trial-{self.count}")
        shutil.copytree(self.template, folder, symlinks=True)
        return folder

    def kills(self):
        calls = [(call, number) for call, number in self.calls if call in CHANGES]
        # Rotated, so that --every 3 tries each way too.
        ways = [[WAYS[(place + turn) % len(WAYS)] for turn in range(len(WAYS))] for place in range(len(calls))]
        return [("kill", *call, None, way) for call, turns in zip(calls, ways) for way in turns]

    def errors(self):
        calls = [(call, number, error) for call, number in self.calls for error in ERRORS.get(call, [])]
        return [("error", *one, "finish") for one in calls]

    def faults(self, folder):
        """What `certwright verify` finds wrong."""
        try:
            checks = self.command.verify(folder)
        except FileNotFoundError:
            return ["there is nothing to verify"]
        found = []
        for place, words in checks:
            code, output = run([PROGRAM, *words], place)
            if code != 0:
                found.append(f"{' '.join(words)}: exit status {code}: {last_line(output)}")
        return found

    def state(self, folder):
        """`old`, `new` or `mixed`, and what is wrong with any file."""
        found = snapshot(folder)
        problems = []
        states = set()
        contents = {entry[2] for entry in found.values()}
        for path in sorted(self.added | self.changed):
            old = self.old.get(path)
            now = found.get(path)
            if old is not None and old[2] not in contents:
                problems.append(f"{path}: what it held is gone")
            if now is None:
                states.add("old" if old is None else "missing")
            elif old is not None and now[2] == old[2]:
                states.add("old")
            else:
                states.add("new")
                if not is_whole(os.path.join(folder, path), now[2]):
                    problems.append(f"{path}: {len(now[2])} bytes, which are not whole")
        for path, (kind, mode, content) in sorted(found.items()):
            if path in self.old and path not in self.changed and self.old[path] != found[path]:
                if content is not None or kind != self.old[path][0]:
                    problems.append(f"{path}: changed, which an undisturbed run does not do")
            if content and stat.S_ISREG(kind) and is_key(content) and mode & 0o077:
                problems.append(f"{path}: a private key of mode {mode:o}")
            if content is None and path not in self.old and mode & 0o077:
                problems.append(f"{path}: a folder of mode {mode:o}")
            if path in self.modes and path not in self.old and mode & ~self.modes[path] & 0o077:
                problems.append(f"{path}: mode {mode:o}, which others may read, instead of {self.modes[path]:o}")
        problems += [f"{path}: is gone" for path in self.old if path not in found and path not in self.changed]
        state = states.pop() if len(states) == 1 else "mixed"
        return state, problems

    def leftovers(self, folder):
        """What is certwright's own, each with its size."""
        left = sorted((path, entry[2]) for path, entry in snapshot(folder).items() if is_ours(path))
        return [f"{path} ({len(content or b'')} bytes)" for path, content in left]

    def journals(self, folder):
        return sorted(os.path.dirname(path) for path in snapshot(folder) if os.path.basename(path) == JOURNAL)

    def difference(self, folder):
        """Paths that are not as in the template."""
        found = snapshot(folder)
        return sorted(path for path in set(found) | set(self.old) if found.get(path) != self.old.get(path))

    def run_disturbed(self, folder, kind, call, number, error):
        what = "signal=KILL" if kind == "kill" else f"error={error}"
        words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{what}:when={number}"]
        return run([*words, PROGRAM, *self.command.words], os.path.join(folder, self.command.inside))

    def run_again(self, folder):
        return run([PROGRAM, *self.command.words], os.path.join(folder, self.command.inside))

    def trial(self, kind, call, number, error, way):
        """The problems of one trial; `None` if the call was never reached."""
        folder = self.copy()
        try:
            code, output = self.run_disturbed(folder, kind, call, number, error)
            if code == -signal.SIGALRM:
                return [f"took more than {TIME_LIMIT} s"]
            if kind == "kill":
                if code != 128 + signal.SIGKILL and code != -signal.SIGKILL:
                    return None if code == 0 else [f"exit status {code} instead of a kill: {last_line(output)}"]
                return self.after_kill(folder, way)
            return self.after_error(folder, call, code, output)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def after_error(self, folder, call, code, output):
        if re.search(r"fault of certwright|\bbug\b|panicked", output):
            return ["is called a bug: " + last_line(output)]
        state, problems = self.state(folder)
        left = self.leftovers(folder)
        if code == 0:
            if state != "new":
                problems.append(f"exit status 0, and the files are {state}")
            problems += self.faults(folder)
        elif code == 2:
            # Standard output or what is told beside it failed, after everything was written: that is said.
            if state == "new" and not left and "written" in output:
                return problems + self.faults(folder)
            if call not in REMOVALS or state not in ("old", "new"):
                problems += [f"exit status 2, and {path} is not as it was" for path in self.difference(folder)[:5]]
            elif state == "old":
                left = left or [path for path in self.difference(folder)]
        else:
            problems.append(f"exit status {code}")
        if left and call not in REMOVALS:
            problems.append(f"left behind: {' '.join(left)}")
        if problems or not left:
            return problems
        # Something could not be removed, and stays: the next run tells and removes it.
        return self.after_kill(folder, "finish")

    def after_kill(self, folder, way):
        state, problems = self.state(folder)
        if problems:
            return problems
        before = state
        code, output = self.run_again(folder)
        if code == 2 and "certwright recover" in output:
            return self.recover(folder, way, output)
        left = self.leftovers(folder)
        state, problems = self.state(folder)
        if left:
            problems.append(f"the next run (exit status {code}: {last_line(output)}) left {' '.join(left)}")
        if code == 0 or state == "new":
            # What had been published whole before the kill is refused by commands that replace nothing.
            if state != "new":
                problems.append(f"the next run ended with exit status 0, and the files are {state}")
            problems += self.faults(folder)
        else:
            problems.append(f"the files are {before}, and the next run ended with exit status {code}: {last_line(output)}")
        return problems

    def recover(self, folder, way, said):
        """`certwright recover` of the folders that the hint names, and of all that have a journal, until there is none."""
        hint = re.search(r"certwright recover (.*)", said)
        named = shlex.split(hint[1]) if hint else []
        was = self.state(folder)[0]
        problems = []
        for _ in range(4):
            journals = self.journals(folder)
            if not journals:
                break
            options = {"finish": [], "undo": ["--undo"], "discard": ["--discard"]}[way]
            # The hint is for the folder in which the command was run.
            inside = os.path.join(folder, self.command.inside) if named else folder
            folders = named or [journal or "." for journal in journals]
            code, output = run([PROGRAM, "recover", "--yes", *options, *folders], inside)
            # It was killed while it removed its journals: the set is complete, and nothing of it is undone.
            if way == "undo" and "nothing to recover" in output:
                way = "finish"
            if code != 0 and self.journals(folder) == journals:
                # Not all that was to be written had been staged: there is nothing to finish, and this is said.
                if way == "finish" and was != "new" and re.search(r"--undo|--discard", output):
                    way = "undo" if "--undo" in output else "discard"
                    continue
                problems.append(f"recover {' '.join(options)}: exit status {code}: {last_line(output)}")
                break
        else:
            problems.append("recover does not come to an end")
        problems += [f"recover left {path}" for path in self.leftovers(folder)]
        state, more = self.state(folder)
        problems += more
        if way == "undo" and state != "old":
            problems.append(f"the files are {state} after recover --undo")
        if way == "undo":
            backups = [path for path in self.difference(folder) if not is_backup(path)]
            created = [path for path in backups if os.path.isdir(os.path.join(folder, path))]
            problems += [f"{path} is not as it was after recover --undo" for path in backups if path not in created]
        if way == "finish" and state not in ("new", "old"):
            problems.append(f"the files are {state} after recover; the program had said: {last_line(said)}")
        if state == "new" or state == "old" and self.changed and way != "discard":
            problems += self.faults(folder)
        return problems


def read_trace(lines, scratch):
    """Each system call from the first that changes the folder, with its number among the calls of its name, by thread."""
    counts = collections.Counter()
    has_begun = False
    found = {}
    for line in lines:
        match = re.match(r"(\d+) +(\w+)\((.*)", line)
        if not match:
            continue
        thread, call, rest = match.groups()
        counts[thread, call] += 1
        # Not what is printed.
        if call == "write" and re.match(r"[12]<", rest):
            continue
        changes = call in CHANGES and (call not in ("open", "openat") or "O_CREAT" in rest)
        changes = changes and (scratch in rest or call in ("mkdir", "mkdirat", "openat"))
        has_begun = has_begun or changes
        if has_begun and (call not in ("open", "openat") or scratch in rest or "AT_FDCWD" in rest):
            found[call, counts[thread, call]] = True
    return list(found)


def last_line(output):
    lines = [line for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error")]
    return (errors or lines or ["nothing was said"])[-1][:300]


def main():
    parser = argparse.ArgumentParser(usage="scripts/torture.sh [COMMAND..] [--every K] [--jobs N] [--list]")
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help="which to try; all by default")
    parser.add_argument("--every", type=int, default=1, metavar="K", help="try each K-th trial only")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="trials at the same time")
    parser.add_argument("--list", action="store_true", help="print the names of the commands")
    parser.add_argument("--only", choices=["kill", "error"], help="one kind of trial only")
    parser.add_argument("--keep-going", type=int, default=5, metavar="N", help="failed trials to print for each command")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(command.name for command in COMMANDS))
        return 0
    wrong = set(arguments.commands) - {command.name for command in COMMANDS}
    if wrong:
        parser.error(f"no such command: {' '.join(sorted(wrong))}")
    passed = failed = 0
    for command in COMMANDS:
        if arguments.commands and command.name not in arguments.commands:
            continue
        with tempfile.TemporaryDirectory(prefix="torture-") as scratch:
            trials = Trials(command, os.path.realpath(scratch))
            for kind in ["kill", "error"]:
                if arguments.only in (None, kind):
                    held, broken = sweep(trials, kind, arguments)
                    passed += held
                    failed += broken
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def sweep(trials, kind, arguments):
    """Every trial of one kind; how many held, and how many did not."""
    planned = (trials.kills() if kind == "kill" else trials.errors())[:: arguments.every]
    held = unreached = 0
    broken = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda one: trials.trial(*one), planned)
        for (_, call, number, error, way), problems in zip(planned, results):
            if problems is None:
                unreached += 1
            elif problems:
                broken.append((f"{call} {number} {error or way}", problems))
            else:
                held += 1
    tried = held + len(broken)
    name = trials.command.name
    print(f"{name:18} {kind:5} {tried:5} tried, {held:5} held, {len(broken):4} broken", end="")
    print(f", {unreached} not reached" if unreached else "", flush=True)
    for place, problems in broken[: arguments.keep_going]:
        print(f"    {place}: {'; '.join(problems)[:600]}", flush=True)
    return held, len(broken)


if __name__ == "__main__":
    sys.exit(main())
