"""Tells `tracer audit` which test of pytest a process runs.

Before a test and after it, the process asks for the access rights of a path that cannot be:

    /dev/null/tracer-unit/pytest/SUITE/NAME     from now on the test NAME of the file SUITE
    /dev/null/tracer-unit/                      from now on no test

The kernel answers ENOTDIR, as /dev/null is no directory; who traces the process reads the path. Nobody else notices: nothing is
written, and no time is spent but that of one system call. Everything in SUITE and NAME but `A-Z a-z 0-9 . _ -` is
percent-encoded, as UTF-8; bytes of a file name that are no text stay what they are. What is too long for a path is cut,
and ends in `-` and the hash of the whole instead.

`tracer audit` has it loaded: PYTHONPATH has its directory, and PYTEST_ADDOPTS says `-p tracer_audit`. It says the second once when it
is loaded, so that who traces knows that tests will be told. It needs nothing but
pytest 3.10 or newer, works in the workers of xdist, and marks every attempt of a test that is run again as the same test.
A fixture that several tests share belongs to the first test that needs it, and its end to the last.
"""

import os

import pytest

PREFIX = b"/dev/null/tracer-unit/"
RUNNER = b"pytest/"

# Bytes of a whole path: PATH_MAX is 4096, with its NUL, and a tracer may want some for itself.
LONGEST = 3900
# Bytes of a suite; a name gets what is left.
LONGEST_SUITE = 1900

PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")

# Tests replace functions of `os`.
_access = os.access
_exists = os.F_OK


def _bytes(text):
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def _hash(data):
    """FNV-1a, of 64 bits: a module with a better one would have to be loaded, and that would be seen in every audit."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return b"-%016x" % value


def quote(text, longest):
    """Percent-encodes `text`, in at most `longest` bytes."""
    data = _bytes(text)
    parts = [b"%c" % byte if byte in PLAIN else b"%%%02X" % byte for byte in data]
    if sum(map(len, parts)) <= longest:
        return b"".join(parts)
    end, quoted = _hash(data), b""
    for part in parts:
        if len(quoted) + len(part) + len(end) > longest:
            break
        quoted += part
    return quoted + end


def marker(nodeid):
    """The path that says that the test with this node id begins."""
    suite, _, name = nodeid.partition("::")
    front = PREFIX + RUNNER + quote(suite, LONGEST_SUITE) + b"/"
    return front + quote(name, LONGEST - len(front))


# The marker of the test that this process runs.
_running = None

_access(PREFIX, _exists)


# Around everything that belongs to a test, and only in the process that runs it: with xdist, the hooks that log are called in
# the process that hands the tests out, too.
@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    global _running
    _running = marker(item.nodeid)
    _access(_running, _exists)
    yield
    _running = None
    _access(PREFIX, _exists)


# What is written to tell the user of a test is not the test's doing.
@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_logstart(nodeid, location):
    yield from _outside()


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_logreport(report):
    yield from _outside()


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_logfinish(nodeid, location):
    yield from _outside()


def _outside():
    if _running is None:
        yield
        return
    _access(PREFIX, _exists)
    yield
    _access(_running, _exists)
