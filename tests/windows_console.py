"""certwright's questions on a Windows console: Wine puts one on a pseudo-terminal. Run by scripts/windows.sh.

    windows_console.py wine certwright.exe

A line "ok NAME" or "FAILED NAME: why" for each check, then "end". Python's own library alone.
"""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = sys.argv[1:]
PATIENCE = 30  # seconds; a question comes within one


class Console:
    """certwright with `arguments` on a console of its own, in an empty folder."""

    def __init__(self, *arguments):
        self.folder = tempfile.mkdtemp()
        self.seen = b""
        self.all = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(self.folder)
            os.execvp(PROGRAM[0], [*PROGRAM, *arguments])

    def read(self, seconds):
        """False when the console is closed."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            more = os.read(self.fd, 4096)
        except OSError:
            return False
        self.seen += more
        self.all += more
        return bool(more)

    def expect(self, text):
        end = time.monotonic() + PATIENCE
        while text.encode() not in self.seen:
            if time.monotonic() > end or not self.read(1):
                raise AssertionError(f"{text!r} did not come, but {self.all!r}")
        self.seen = self.seen[self.seen.index(text.encode()) + len(text) :]

    def answer(self, question, line):
        self.expect(question)
        # Wine draws the question before the program reads.
        time.sleep(0.5)
        os.write(self.fd, line.encode())

    def end(self):
        """The exit status, and everything that was on the screen, without the codes that move the cursor."""
        limit = time.monotonic() + PATIENCE
        while self.read(1):
            if time.monotonic() > limit:
                os.kill(self.pid, signal.SIGKILL)
                raise AssertionError(f"it did not end: {self.all!r}")
        _, status = os.waitpid(self.pid, 0)
        text = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", self.all).decode(errors="replace")
        return os.waitstatus_to_exitcode(status), text

    def names(self, below=""):
        return sorted(os.listdir(os.path.join(self.folder, below)))


def opens(folder, key, password):
    """True if `key` opens with `password`."""
    os.environ["PW"] = password
    words = ["decrypt", "--in", key, "--out", "opened.key", "--no-pem", "--force", "--password-from", "env:PW"]
    return subprocess.run([*PROGRAM, *words], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def a_password_is_edited_and_not_shown():
    console = Console("genkey")
    # Three wrong letters, taken back.
    console.answer("New password", "secrXYZ\x7f\x7f\x7fet77\r")
    console.answer("The same again", "secret77\r")
    status, screen = console.end()
    assert status == 0, screen
    assert "secr" not in screen and "***" not in screen, screen
    assert opens(console.folder, "server.pass.key", "secret77"), "another password was read"


def letters_beyond_ascii_are_read():
    console = Console("genkey")
    console.answer("New password", "gr\u00fcn \u20ac 77\r")
    console.answer("The same again", "gr\u00fcn \u20ac 77\r")
    status, screen = console.end()
    assert status == 0, screen
    assert opens(console.folder, "server.pass.key", "gr\u00fcn \u20ac 77"), "another password was read"


def a_mistyped_password_is_asked_for_again():
    console = Console("genkey")
    console.answer("New password", "short\r")
    console.expect("6 is the least")
    console.answer("New password", "secret77\r")
    console.answer("The same again", "secret78\r")
    console.expect("not the same")
    console.answer("New password", "secret77\r")
    console.answer("The same again", "secret77\r")
    status, screen = console.end()
    assert status == 0, screen


def ctrl_c_at_a_hidden_question_leaves_nothing():
    console = Console("genkey")
    console.answer("New password", "secr\x03")
    status, screen = console.end()
    assert status != 0, screen
    assert console.names() == [], console.names()


def ctrl_c_at_a_question_leaves_nothing():
    console = Console("init", "jwt")
    console.answer("Country", "U\x03")
    status, screen = console.end()
    assert status != 0, screen
    assert console.names() == [], console.names()


def name_and_password(console, locality):
    console.answer("Country", "us\r")
    console.answer("State or province", "\r")
    console.answer("Locality", locality + "\r")
    console.answer("Organization", "Example Inc\r")
    console.answer("New password", "secret77\r")
    console.answer("The same again", "secret77\r")


def init_asks_what_the_guide_asks():
    console = Console("init", "jwt")
    console.answer("Country", "USA\r")
    console.expect("is not two letters")
    # The answer that was refused stands there to be mended.
    name_and_password(console, "M\u00fcnchen")
    status, screen = console.end()
    assert status == 0, screen
    assert "L=M\u00fcnchen" in screen, screen
    assert console.names("jwt") == ["server.crt", "server.csr", "server.key", "server.pass.key", "server.pem"]


def double_clicked_it_offers_init_and_waits():
    console = Console()
    console.expect("for: the private key, the signing request and the certificate to upload")
    console.answer("Folder for the files", "\r")
    name_and_password(console, "")
    console.answer("Press Enter to close this window", "\r")
    status, screen = console.end()
    assert status == 0, screen
    assert "server.crt" in console.names("jwt"), console.names("jwt")


def double_clicked_it_waits_after_an_error_too():
    console = Console()
    console.answer("Folder for the files", "NUL\r")
    console.answer("Press Enter to close this window", "\r")
    status, screen = console.end()
    assert status == 2, screen
    assert "is a device on Windows" in screen, screen
    assert console.names() == [], console.names()


def with_arguments_nothing_waits():
    console = Console("--version")
    status, screen = console.end()
    assert status == 0 and "Press Enter" not in screen, screen


CHECKS = [
    a_password_is_edited_and_not_shown,
    letters_beyond_ascii_are_read,
    a_mistyped_password_is_asked_for_again,
    ctrl_c_at_a_hidden_question_leaves_nothing,
    ctrl_c_at_a_question_leaves_nothing,
    init_asks_what_the_guide_asks,
    double_clicked_it_offers_init_and_waits,
    double_clicked_it_waits_after_an_error_too,
    with_arguments_nothing_waits,
]

for check in CHECKS:
    name = check.__name__.replace("_", " ")
    try:
        check()
        print("ok", name, flush=True)
    except (AssertionError, OSError) as error:
        print(f"FAILED {name}: {error}", flush=True)
print("end")
