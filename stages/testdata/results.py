"""Results of each type, by a name."""
import array
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import pathlib
import types
import typing
import uuid


class Color(enum.Enum):
    RED = 1


class Right(enum.IntFlag):
    READ = 1
    WRITE = 2


class Word(str, enum.Enum):
    YES = "yes"


@dataclasses.dataclass
class Point:
    count: typing.ClassVar[int] = 7
    x: int
    y: list
    once: dataclasses.InitVar[int] = 5


@dataclasses.dataclass
class Slotted:
    __slots__ = ("x",)
    x: int


class Dict(dict):
    pass


class Tuple(tuple):
    pass


class UserDict(collections.UserDict):
    pass


class Tensor:
    def tolist(self):
        return [[1, 2.5]]


async def later():
    pass


async def parts():
    yield


Pair = collections.namedtuple("Pair", "a b")

RESULTS = {
    "datetime": lambda: datetime.datetime(2026, 1, 2, 3, 4, 5, 6, datetime.timezone.utc),
    "date": lambda: datetime.date(2026, 1, 2),
    "time": lambda: datetime.time(1, 2),
    "timedelta": lambda: datetime.timedelta(days=1, milliseconds=500),
    "decimal": lambda: decimal.Decimal("1.10"),
    "fraction": lambda: fractions.Fraction(1, 3),
    "complex": lambda: 1 + 2j,
    "uuid": lambda: uuid.UUID(int=1),
    "path": lambda: pathlib.Path("a/b"),
    "enum": lambda: Color.RED,
    "flag": lambda: Right.READ | Right.WRITE,
    "enum of texts": lambda: Word.YES,
    "dataclass": lambda: Point(1, [2]),
    "dataclass with slots": lambda: Slotted(3),
    "namedtuple": lambda: Pair(1, 2),
    "dict": lambda: Dict(a=1),
    "tuple": lambda: Tuple([1]),
    "UserDict": lambda: UserDict(a=1),
    "proxy": lambda: types.MappingProxyType({"a": 1}),
    "set": lambda: {1},
    "frozenset": lambda: frozenset([1]),
    "bytes": lambda: [b"\xff", bytearray(b"a"), memoryview(b"b")],
    "array": lambda: array.array("d", [1, 2]),
    "tolist": Tensor,
    "int as key": lambda: {1: 2},
    "None as key": lambda: {None: 1},
    "tuple as key": lambda: {(1, 2): 3},
    "enum of texts as key": lambda: {Word.YES: 1},
    "NaN": lambda: [float("nan"), float("inf"), -float("inf")],
    "least int": lambda: -(2**63),
    "too large": lambda: 2**63,
    "range": lambda: range(2),
    "iterator": lambda: map(str, [1]),
    "function": lambda: later,
    "class": lambda: Point,
    "coroutine": later,
    "asynchronous generator": parts,
    "nested": lambda: [{"a": [Color.RED, {"b": datetime.date(2026, 1, 2)}]}, Point(Pair(1, 2), [])],
}

try:
    import numpy
except ImportError:
    pass
else:
    RESULTS["numbers"] = lambda: [numpy.int64(5), numpy.float32(0.5), numpy.float64(1.5), numpy.bool_(True), numpy.float32("nan")]
    RESULTS["texts"] = lambda: [numpy.str_("a"), numpy.bytes_(b"a"), {numpy.str_("k"): numpy.int8(1)}]
    RESULTS["arrays"] = lambda: [numpy.arange(3), numpy.ones((2, 2)), numpy.array(5), numpy.zeros((0, 3)), numpy.array([True]), numpy.matrix([[1, 2]])]
    RESULTS["objects"] = lambda: numpy.array([Color.RED, None], dtype=object)
    RESULTS["masked"] = lambda: [numpy.ma.array([1, 2], mask=[0, 1]), numpy.ma.masked]
    RESULTS["records"] = lambda: numpy.array([(1, 2.5)], dtype="i4,f8")
    RESULTS["datetime64"] = lambda: [numpy.datetime64("2026-01-02T03:04:05.123456789"), numpy.datetime64("2026-01-02"), numpy.datetime64("NaT")]
    RESULTS["datetime64s"] = lambda: [numpy.array(["2026-01-02", "NaT"], dtype="M8[D]"), numpy.array("2026-01-02", dtype="M8[D]")]
    RESULTS["timedelta64"] = lambda: [numpy.timedelta64(1500, "ms"), numpy.timedelta64("NaT"), numpy.array([1, 2], dtype="m8[s]")]
    RESULTS["uint64"] = lambda: numpy.uint64(2**63)
    RESULTS["complex64"] = lambda: numpy.complex64(1)
    RESULTS["longdouble"] = lambda: [numpy.longdouble(1)]


def result(name):
    return RESULTS[name]()
