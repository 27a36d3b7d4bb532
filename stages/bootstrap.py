# What mprun runs in the Python of a `python` stage: it loads the function, then answers batches of items with batches of results until its
# input ends. It is handed over a pipe, so that nothing of it lies on the disk. Descriptors 3 and 4 are the way in and the way out; 0, 1
# and 2 belong to the function. Needs Python 3.8, and nothing besides.
#
# In: frames of <II, the number of items and of bytes, and a pickled list. The first has the settings.
# Out: frames of <cIQQ, kind, number of results, nanoseconds that they took, number of bytes, and a pickle:
#   H  it runs (nothing follows)
#   R  the function is loaded (nothing follows)
#   F  it is not: [type, message, traceback, exit code]
#   A  results, one of each of the next items
#   Y  some results of the next item, which has more
#   M  all other results of that item
#   X  the next item failed, as F
import errno
import io
import os
import pickle
import signal
import struct
import sys
import types
from copy import copy
from time import perf_counter_ns as clock

GENERATOR = types.GeneratorType
MOST = 256 << 20  # bytes of one result
PART = 1024  # results of a generator that travel at a time,
PAUSE = 2_000_000  # and nanoseconds after which they do
TEXT = 4 << 10  # characters of a message,
TRACE = 16 << 10  # and of a traceback

sending = open(4, "wb")
forked = False

# What becomes an item though it is none: by the names of classes, so that no module is loaded for it.
CONVERSIONS = {
    "builtins.str": str.__str__,
    "builtins.int": int.__index__,
    "builtins.float": float.__float__,
    "builtins.bytes": lambda v: bytes(memoryview(v)),
    "builtins.bytearray": bytes,
    "builtins.memoryview": bytes,
    "builtins.dict": lambda v: dict(v.items()),
    "builtins.list": lambda v: list(iter(v)),
    "builtins.tuple": lambda v: list(iter(v)),
    "collections.deque": list,
    "enum.Enum": lambda v: v.value,
    "datetime.datetime": lambda v: v.isoformat(),
    "datetime.date": lambda v: v.isoformat(),
    "datetime.time": lambda v: v.isoformat(),
    "pathlib.PurePath": str,
    "pathlib._local.PurePath": str,
    "uuid.UUID": str,
    "numpy.generic": lambda v: v.tolist(),
    "numpy.ndarray": lambda v: v.tolist(),
}


def full_name(kind):
    name = kind.__qualname__
    return name if kind.__module__ == "builtins" else kind.__module__ + "." + name


def convert(value):
    kind = type(value)
    for base in kind.__mro__:
        conversion = CONVERSIONS.get(base.__module__ + "." + base.__qualname__)
        if conversion is not None:
            return conversion(value)
    if hasattr(kind, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in kind.__dataclass_fields__}
    if isinstance(value, types.CoroutineType):
        raise TypeError("the result is a coroutine: the function has to run it, as by asyncio.run")
    hint = ": list() or a generator makes results of it" if hasattr(kind, "__next__") else ""
    raise TypeError("a value of type %s is no item%s" % (full_name(kind), hint))


class Pickler(pickle.Pickler):
    def reducer_override(self, value):  # of all that is not exactly a type of items
        return NotImplemented if value is copy else (copy, (convert(value),))


def dump(results):
    to = io.BytesIO()
    pickler = Pickler(to, 5)
    pickler.fast = True  # no references to what came before: a result is a tree
    try:
        pickler.dump(results)
    except ValueError as error:
        if "cyclic" in str(error):
            raise ValueError("a result that contains itself is no item") from None
        raise
    if to.tell() > MOST:
        raise ValueError("a result of more than %d MiB" % (MOST >> 20))
    return to.getbuffer()


def send(kind, count=0, took=0, body=b""):
    if forked:  # by the function, and come back: nobody waits for this process
        os._exit(0)
    try:
        sending.write(struct.pack("<cIQQ", kind, count, took, len(body)))
        sending.write(body)
        sending.flush()
    except OSError as error:
        cut_off(4, error)


def cut_off(descriptor, error):
    """Ends where one of the ways to mprun is no more."""
    if error.errno == errno.EBADF:
        said = "descriptor %d has been closed, which is mprun's: it talks to the function by 3 and 4\n" % descriptor
        os.write(2, said.encode())
    os._exit(1)


def answer(results, took, kind=b"A"):
    """Sends results of items, each by itself if they do not go together."""
    try:
        body = dump(results)
    except Exception:
        if len(results) == 1:
            raise
        body = None
    if body is not None:
        send(kind, len(results), took, body)
        return
    for result in results:
        try:
            answer([result], took // len(results))
        except Exception as error:
            fail(error)


def trace(error):
    """The traceback without what is not the user's: the way from here to the function."""
    seen, at = set(), error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        tb = at.__traceback__
        while tb is not None and tb.tb_frame.f_code.co_filename == __file__:
            tb = tb.tb_next
        at.__traceback__ = tb
        at = at.__cause__ or at.__context__
    import traceback  # which takes long to load

    text = "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip("\n")
    if "\n" not in text:
        return ""  # no more than the message
    return text if len(text) <= TRACE else text[: TRACE // 2] + "\n...\n" + text[-TRACE // 2 :]


def described(error):
    name = type(error).__name__
    try:
        message = str(error)
    except BaseException:
        message = "(its text cannot be had)"
    code = 0
    if isinstance(error, SystemExit):
        code = error.code if type(error.code) is int else 0 if error.code is None else 1
        message = "the function ended its program" + (": " + message if message else "")
    try:
        text = trace(error)
    except BaseException as other:
        text = "(no traceback: %s)" % type(other).__name__
    return [clean(name), clean(message[:TEXT]), clean(text), max(-255, min(code, 255))]


def clean(text):
    return text.encode("utf-8", "backslashreplace").decode()


def fail(error, kind=b"X"):
    if forked:
        raise error  # as from a program of the function's own
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except Exception:
        pass
    send(kind, 1, 0, dump(described(error)))


def stream(generator):
    """Sends what a generator gives, some at a time. An error of its own comes after what it has given before."""
    ended = False
    while not ended:
        results, failed, begin = [], None, clock()
        try:
            for result in generator:
                results.append(result)
                if len(results) == PART or clock() - begin > PAUSE:
                    break
            else:
                ended = True
        except BaseException as error:
            failed = error
        try:
            give(results, ended)
        except Exception as error:
            failed = error
            close(generator)
        if failed is not None:
            fail(failed)
            return


def give(results, ended):
    """Sends results of the item in hand, each by itself if they do not go together."""
    try:
        body = dump(results)
    except Exception:
        if len(results) == 1:
            raise
        body = None
    if body is not None:
        if results or ended:
            send(b"M" if ended else b"Y", len(results), 0, body)
        return
    for result in results:
        give([result], False)
    if ended:
        give([], True)


def close(generator):
    try:
        generator.close()
    except BaseException:
        pass


def spread(function):
    def call(item):
        if type(item) is list:
            return function(*item)
        if type(item) is dict:
            return function(**item)
        raise TypeError("with `spread` an item has to be a list or a map, not %s" % type(item).__name__)

    return call


def work(function, items):
    todo = iter(items)
    while True:
        results, begin = [], clock()
        add = results.append
        failed = None
        try:
            for item in todo:
                result = function(item)
                if type(result) is GENERATOR:
                    break
                add(result)
            else:
                result = None
        except BaseException as error:
            failed = error
        if results:
            try:
                answer(results, clock() - begin)
            except Exception as error:  # of the only one
                fail(error)
        if failed is not None:
            fail(failed)
        elif result is None or type(result) is not GENERATOR:
            return
        else:
            stream(result)


def load(name):
    """The function module:name. A module may be one of a package, a name lead into a class."""
    module, _, path = name.partition(":")
    __import__(module)
    value = module = sys.modules[module]
    for part in path.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            hint = ""
            from difflib import get_close_matches

            for near in get_close_matches(part, dir(value), 1):
                hint = "; did you mean %s?" % near
            raise AttributeError("%s (%s) has no %s%s" % (name.partition(":")[0], getattr(module, "__file__", None) or "built in", path, hint)) from None
    if not callable(value):
        raise TypeError("%s is of type %s, which cannot be called" % (name, full_name(type(value))))
    return value


def receive(receiving):
    try:
        head = receiving.read(8)
        if len(head) < 8:
            return None
        _, size = struct.unpack("<II", head)
        body = receiving.read(size)
    except OSError as error:
        cut_off(3, error)
    return pickle.loads(body) if len(body) == size else None


def prepare(settings):
    sys.argv[:] = [settings["function"].partition(":")[0]]
    if sys.path[:1] == [""]:
        del sys.path[0]
    sys.path[:0] = settings["path"]
    for out in (sys.stdout, sys.stderr):
        out.reconfigure(line_buffering=True, errors="backslashreplace")
    if settings["init"]:
        done = load(settings["init"])()
        if isinstance(done, (GENERATOR, types.CoroutineType)):
            raise TypeError("%s gives a %s, of which nothing has been run" % (settings["init"], type(done).__name__))
    function = load(settings["function"])
    return spread(function) if settings["spread"] else function


def after_fork():
    global forked
    forked = True
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 3, False)
    os.dup2(null, 4, False)
    os.close(null)


def main(receiving):
    os.set_inheritable(3, False)
    os.set_inheritable(4, False)
    os.register_at_fork(after_in_child=after_fork)
    signal.signal(signal.SIGINT, lambda *_: None)  # the run is interrupted by its end of input
    send(b"H")
    settings = receive(receiving)
    if settings is None:
        return
    try:
        function = prepare(settings[0])
    except BaseException as error:
        fail(error, b"F")
        return
    send(b"R")
    while True:
        items = receive(receiving)
        if items is None:
            return
        work(function, items)


main(receiving)
