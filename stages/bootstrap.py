# What mprun runs in the Python of a `python` stage: it loads the function, then answers batches of items with batches of results until its
# input ends. It is handed over a pipe, so that nothing of it lies on the disk. Descriptors 3 and 4 are the way in and the way out; 0, 1
# and 2 belong to the function. Needs Python 3.8, and nothing besides: modules that take long to load are loaded when they are needed.
#
# In: frames of <II, the number of items and of bytes, and a pickled list. The first has the settings. The second, of no items, is the word to
# begin: an interpreter that is started ahead of its worker waits for it when the modules have been loaded. All others are items.
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
import sys
from _signal import SIGINT, signal
from struct import Struct
from time import perf_counter_ns as clock

try:
    from _pickle import Pickler as BasePickler, loads  # pickle itself loads what only its Python form needs
except ImportError:
    from pickle import Pickler as BasePickler, loads

QUESTION = Struct("<II")
ANSWER = Struct("<cIQQ")
MOST = 256 << 20  # bytes of one result
PART = 1024  # results of a generator that travel at a time,
PAUSE = 2_000_000  # and nanoseconds after which they do
TEXT = 4 << 10  # characters of a message,
TRACE = 16 << 10  # and of a traceback

GENERATOR = type((lambda: (yield))())
PLAIN = {type(None), bool, int, float, str, bytes, bytearray, list, tuple, dict, set, frozenset}  # what a pickle has by itself
ITSELF = id  # a function that stands in a pickle before what is an item's in place of something else

sending = open(4, "wb", closefd=False)
forked = False


def scalar(value):  # of NumPy's
    item = value.tolist()
    if type(item) is type(value):
        raise no_item(value)
    return item


def array(value):  # of NumPy's
    if value.dtype.kind not in "mM":
        return value.tolist()
    return list(value) if value.ndim else value[()]


def moment(value):  # of NumPy's, with its own digits: Python's have no nanoseconds
    return str(value) if value == value else None


def seconds(value):  # of NumPy's
    return float(value / type(value)(1, "s")) if value == value else None


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
    "datetime.timedelta": lambda v: v.total_seconds(),
    "pathlib.PurePath": str,
    "pathlib._local.PurePath": str,
    "uuid.UUID": str,
    "numpy.datetime64": moment,
    "numpy.timedelta64": seconds,
    "numpy.generic": scalar,
    "numpy.ndarray": array,
}

# What somebody may want who returns what is no item, by what its class has.
HINTS = {
    "__next__": "list() or a generator makes results of it",
    "keys": "dict() makes one of it",
    "__iter__": "list() makes one of it",
    "__float__": "float() makes a number of it, str() a text",
}


def full_name(kind):
    name = kind.__qualname__
    return name if kind.__module__ == "builtins" else kind.__module__ + "." + name


def no_item(value):
    kind = type(value)
    name = full_name(kind)
    if hasattr(kind, "__await__") or hasattr(kind, "__aiter__"):
        discard(value)
        return TypeError("the result is of type %s: the function has to run it, as by asyncio.run" % name)
    if kind is not complex:  # which cannot be a float, though older ones have __float__
        for attribute, hint in HINTS.items():
            if hasattr(kind, attribute):
                return TypeError("a value of type %s is no item: %s" % (name, hint))
    return TypeError("a value of type %s is no item" % name)


def convert(value):
    kind = type(value)
    for base in kind.__mro__:
        conversion = CONVERSIONS.get(base.__module__ + "." + base.__qualname__)
        if conversion is not None:
            return conversion(value)
    if hasattr(kind, "__dataclass_fields__"):
        fields = sys.modules["dataclasses"].fields(kind)  # without those of the class
        return {field.name: getattr(value, field.name) for field in fields}
    if hasattr(kind, "tolist"):  # what is like an array
        return value.tolist()
    raise no_item(value)


class Pickler(BasePickler):
    def reducer_override(self, value):  # of all that is not exactly of a plain type; PyPy asks of those, too
        return NotImplemented if type(value) in PLAIN or value is ITSELF else (ITSELF, (convert(value),))


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
    except RecursionError:
        raise ValueError("a result that nests too deep, or contains itself, is no item") from None
    if to.tell() > MOST:
        raise ValueError("a result of more than %d MiB" % (MOST >> 20))
    return to.getbuffer()


def packed(results):
    """Pickles of results, each with how many it has: all in one, or one by one where they do not go together. In place of that of a result
    which is no item stands its error."""
    try:
        body = dump(results)
    except Exception as error:
        body = error
    if len(results) > 1 and isinstance(body, Exception):
        for result in results:
            yield from packed([result])
    else:
        yield len(results), body


def send(kind, count=0, took=0, body=b""):
    if forked:  # by the function, and come back: nobody waits for this process
        os._exit(0)
    try:
        sending.write(ANSWER.pack(kind, count, took, len(body)))
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
    import traceback

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
    flush()
    send(kind, 1, 0, dump(described(error)))


def flush():
    for out in (sys.stdout, sys.stderr):
        try:
            out.flush()
        except Exception:  # it is the function's, which may have closed it
            pass


def answer(results, took):
    """Sends results of items. Generators, of which nothing has been run, run now."""
    at = 0
    for count, body in packed(results):
        result = results[at]
        at += count
        if type(result) is GENERATOR:
            stream(result)
        elif isinstance(body, Exception):
            fail(body)
        else:
            send(b"A", count, took * count // len(results), body)


def stream(generator):
    """Sends what a generator gives, some at a time. An error of its own comes after what it has given before."""
    ended, failed = False, None
    while not ended and failed is None:
        results, begin = [], clock()
        try:
            for result in generator:
                results.append(result)
                if len(results) == PART or clock() - begin > PAUSE:
                    break
            else:
                ended = True
        except BaseException as error:
            failed = error
        for count, body in packed(results):
            if isinstance(body, Exception):
                failed = body
                discard(generator)
                break
            if ended and count == len(results):
                send(b"M", count, 0, body)
                return
            if count:
                send(b"Y", count, 0, body)
    if failed is not None:
        fail(failed)
    else:
        send(b"M", 0, 0, dump([]))


def discard(generator):
    try:
        generator.close()
    except BaseException:  # what it says to that
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
    """Calls the function for each item. What comes before a failure is answered together."""
    todo = iter(items)
    while True:
        results, failed, begin = [], None, clock()
        add = results.append
        try:
            for item in todo:  # not map, for which a StopIteration of the function is the end of the items
                add(function(item))
        except BaseException as error:
            failed = error
        if results:
            answer(results, clock() - begin)
        if failed is None:
            return
        fail(failed)


def resolve(name):
    """The function module:name, whose module has been loaded. The module may be one of a package, the name lead into a class."""
    module, _, path = name.partition(":")
    value = sys.modules[module]
    for part in path.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            where = getattr(sys.modules[module], "__file__", None) or "built in"
            raise AttributeError("%s (%s) has no %s%s" % (module, where, path, nearest(part, dir(value)))) from None
    if not callable(value):
        raise TypeError("%s is of type %s, which cannot be called" % (name, full_name(type(value))))
    return value


def nearest(name, names):
    try:
        from difflib import get_close_matches

        return "".join("; did you mean %s?" % near for near in get_close_matches(name, names, 1))
    except BaseException:  # of a module of the user's with the name of one that this needs
        return ""


def receive(receiving):
    try:
        head = receiving.read(QUESTION.size)
        if len(head) < QUESTION.size:
            return None
        _, size = QUESTION.unpack(head)
        body = receiving.read(size)
    except OSError as error:
        cut_off(3, error)
    return loads(body) if len(body) == size else None


def load_modules(settings):
    """Loads the modules of the functions, and nothing else: all that may be done ahead."""
    sys.argv[:] = [settings["function"].partition(":")[0]]
    sys.path[:0] = settings["path"]
    for out in (sys.stdout, sys.stderr):
        out.reconfigure(line_buffering=True, errors="backslashreplace")
    for name in (settings["init"], settings["function"]):
        if name:
            __import__(name.partition(":")[0])


def prepare(settings):
    if settings["init"]:
        done = resolve(settings["init"])()
        if type(done) is GENERATOR or hasattr(type(done), "__await__"):
            discard(done)
            raise TypeError("%s gives a %s, of which nothing has been run" % (settings["init"], type(done).__name__))
    function = resolve(settings["function"])
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
    signal(SIGINT, lambda *_: None)  # the run is interrupted by its end of input
    send(b"H")
    settings = receive(receiving)
    if settings is None:
        return
    settings = settings[0]
    try:
        load_modules(settings)
    except BaseException as error:
        if settings["ahead"]:  # nobody has asked for it: who comes for it starts another, which may fare better
            flush()
            os._exit(1)
        fail(error, b"F")
        return
    if receive(receiving) is None:
        return
    try:
        function = prepare(settings)
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
