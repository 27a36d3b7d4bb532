"""Functions of the tests, many of which misbehave. Modules that take long to load are loaded where they are needed."""
import collections
import os
import sys
import time


NUMBER = 5


class Text(str):
    pass


class Object:
    pass


class Odd(Exception):
    def __str__(self):
        raise RuntimeError("no text")


Pair = collections.namedtuple("Pair", "a b")


def square(x):
    return x * x


def same(x):
    return x


def stops_at_5(x):
    return next(iter([])) if x == 5 else x


def count(n):
    for i in range(n):
        yield i


count_calm = count


def few(n):
    for i in range(0, n, 1000):
        yield i


def fails_at_3(n):
    for i in range(n):
        if i == 3:
            raise ValueError("three")
        yield i


def sets_at_2(n):
    for i in range(n):
        yield {1} if i == 2 else i


def objects_at_2(n):
    for i in range(n):
        yield Object() if i == 2 else i


def empty():
    yield


def lists(_):
    return [(1, 2), Pair(3, 4), collections.deque([1]), type("L", (list,), {})([1, 2])]


def maps(_):
    import dataclasses

    Point = dataclasses.make_dataclass("Point", ["x", "y"])
    return [collections.Counter("a"), collections.OrderedDict(a=2), collections.defaultdict(list, a=[1]), Point(1, Point(2, 3))]


def texts(_):
    import datetime
    import enum
    import pathlib
    import uuid

    Color, Size = enum.Enum("Color", {"RED": "red"}), enum.IntEnum("Size", {"LARGE": 2})
    when = datetime.datetime(2026, 1, 2, 3, 4, 5)
    return [when, when.date(), pathlib.Path("/tmp/x"), uuid.UUID(int=7), Color.RED, Size.LARGE, Text("sub")]


def bytes_of(_):
    return [bytearray([1]), memoryview(b"\2")]


def floats(_):
    return [float("nan"), float("inf"), -0.0]


def add(a, b, c=0):
    return a + b + c


prepared_times = 0


def prepare():
    global prepared_times
    prepared_times += 1


def prepared(x):
    return "%d %s" % (x, "once" if prepared_times == 1 else "not once")


def talks(_):
    print("a line, and a part of", end=" ")
    os.write(1, b"one\n")
    try:
        return input()
    except EOFError as error:
        return type(error).__name__


def child():
    sys.exit(0)


def greets(name):
    print("hello", name)
    return "hello " + name


def forks(x):
    import multiprocessing
    import subprocess
    import threading

    thread = threading.Thread(target=print, args=("from a thread",))
    thread.start()
    thread.join()
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join()
    subprocess.run(["true"], check=True)
    return x


def spawns(_):
    import multiprocessing

    process = multiprocessing.get_context("spawn").Process(target=child)  # which loads this module
    process.start()
    process.join()
    return process.exitcode


def signals(x):
    import signal

    seen = []
    signal.signal(signal.SIGUSR1, lambda *_: seen.append(x))
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGINT)
    return seen


class Called:
    def __call__(self, x):
        return [x]


called_object = Called()


def forks_and_returns(x):
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
    return x


def leaves_a_child(x):
    import subprocess

    subprocess.Popen(["sleep", "20"])
    return x


def leaves_a_daemon(x):
    import threading

    threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
    return x


def large(x):
    yield len("x" * 3_000_000)


def inverse(x):
    return 1 / x


def calls_inverse(item):
    return inverse(item)


def raises_odd(_):
    raise Odd


def exits(_):
    sys.exit(3)


def exits_saying(_):
    sys.exit("enough")


def ends_at_5(x):
    if x == 5:
        os.write(2, b"at five\n")
        os._exit(7)
    return x


def ends_well(_=None):
    os._exit(0)


def killed_at_5(x):
    if x == 5:
        os.kill(os.getpid(), 9)
    return x


def crashes(_):
    os.kill(os.getpid(), 11)


def scribbles_at_5(x):
    if x == 5:
        os.write(4, b"\xff" * 100)
    return x


def half_at_5(x):
    if x == 5:
        os.write(4, b"A\1\0\0\0")
        os._exit(0)
    return x


def closes_at_5(x):
    if x == 5:
        os.closerange(3, 100)
    return x


def takes_at_5(x):
    if x == 5:
        os.closerange(3, 100)
        os.pipe()  # which becomes 3 and 4
    return x


def closes_input_at_5(x):
    if x == 5:
        os.close(3)
    return x


def floods(x):
    for _ in range(2000):
        print("x" * 100)
    return x


def a_set(_):
    return {1, 2}


def huge(_):
    return 1 << 63


def keys(_):
    return {1: 2}


def surrogate(_):
    return "\ud800"


def an_object(x=None):
    if x == 0:
        return x
    if x is None:
        raise Odd
    return Object()


def iterator(x):
    return map(str, [x])


async def answer(x):
    return x


def coroutine(x):
    return answer(x)


def circle(_):
    result = []
    result.append(result)
    return result


def deep(x):
    result = 0
    for _ in range(x * 100_000):
        result = [result]
    return result


def called(word):
    with open(os.environ["CALLS"], "a") as f:
        f.write(word + "\n")


tries = collections.Counter()


def third_time(word):
    called(word)
    tries[word] += 1
    if tries[word] < 3:
        raise OSError("not yet")
    return word


def sleeps_at_5(x):
    if x == 5:
        time.sleep(100)
    return x


def pid(_):
    if not tries["pid"]:
        tries["pid"] = 1
        import atexit

        atexit.register(called, "end")
    return os.getpid()


def ends_badly(x):
    import atexit

    atexit.register(os._exit, 5)
    return x


def at_random_calm(x):
    return x + 1


def dies_at_random(x):
    if os.urandom(1)[0] < 26:
        os.kill(os.getpid(), 9)
    return x + 1


dies_at_random_calm = at_random_calm


def count_dying(n):
    for i in range(n):
        if os.urandom(1)[0] < 3:
            os.kill(os.getpid(), 9)
        yield i


def sometimes_many(n):
    if n % 3 == 0:
        return (i * n for i in range(n * 1000))
    return n


sometimes_many_calm = sometimes_many


def count_pid(n):
    for i in range(n):
        yield os.getpid()
        time.sleep(0.01)
