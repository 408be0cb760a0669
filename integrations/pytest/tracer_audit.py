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

Which test is the first to need a module is chance where workers share the tests. So what Python reads to find and to load a module
(the directory, the source, the bytecode, the library), and the bytecode that it keeps, belong to no test. What the module itself
does as it is loaded is that test's.
"""

import _thread
import contextlib
import functools
import importlib.machinery
import os

import _pytest.assertion.rewrite
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


# The marker of the test that this process runs, and the thread that runs it.
_running = None
_thread_of_tests = None

_access(PREFIX, _exists)


@contextlib.contextmanager
def _outside():
    """What is done in it belongs to no test. Threads that a test starts have no say in whose doing theirs is."""
    global _running
    test = _running
    if test is None or _thread.get_ident() != _thread_of_tests:
        yield
        return
    _running = None
    _access(PREFIX, _exists)
    try:
        yield
    finally:
        _running = test
        _access(test, _exists)


def _has_done_outside(owner, name):
    function = getattr(owner, name, None)
    if function is None:
        return

    @functools.wraps(function)
    def outside(*args, **kwargs):
        with _outside():
            return function(*args, **kwargs)

    setattr(owner, name, outside)


# What reads and keeps modules: of Python, and of pytest for those whose assertions it writes anew. The code of a module is
# carried out by neither; but that of a library is, by `create_module`.
for _owner, _names in [
    (importlib.machinery.FileFinder, ["_fill_cache"]),
    (importlib.machinery.SourceFileLoader, ["get_code"]),
    (importlib.machinery.SourcelessFileLoader, ["get_code"]),
    (importlib.machinery.ExtensionFileLoader, ["create_module"]),
    (_pytest.assertion.rewrite, ["_read_pyc", "_rewrite_test", "_write_pyc", "try_makedirs"]),
]:
    for _name in _names:
        _has_done_outside(_owner, _name)


# Around everything that belongs to a test, and only in the process that runs it: with xdist, the hooks that log are called in
# the process that hands the tests out, too.
@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    global _running, _thread_of_tests
    _running, _thread_of_tests = marker(item.nodeid), _thread.get_ident()
    _access(_running, _exists)
    yield
    _running = None
    _access(PREFIX, _exists)


# What is written to tell the user of a test is not the test's doing.
@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_logstart(nodeid, location):
    with _outside():
        yield


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_logreport(report):
    with _outside():
        yield


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_logfinish(nodeid, location):
    with _outside():
        yield
