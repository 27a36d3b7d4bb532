"""What multiprocessing's primitives cost, in ns each: the other side of this package's comparison.

usage: primitives.py N. Prints a line for each row: its name, a tab, ns. Work of two processes begins when both are there, and its time is from
the first one's begin to the last one's end, by a clock that both share; starting a process is no part of it.
"""

import multiprocessing as mp
import sys
import time


def lock_loop(n, lock):
    for _ in range(n):
        with lock:
            pass


def add_loop(n, value):
    for _ in range(n):
        with value.get_lock():
            value.value += 1


def barrier_loop(n, barrier):
    for _ in range(n):
        barrier.wait()


def ask(n, there, back):
    for _ in range(n):
        there.put(b"12345678")
        back.get()


def answer(n, there, back):
    for _ in range(n):
        back.put(there.get())


def timed(start, times, work, args):
    start.wait()
    begin = time.monotonic_ns()
    work(*args)
    times.put((begin, time.monotonic_ns()))


def in_two(mine, its, *args):
    """Run mine here and its in another process; the time of both together, in ns."""
    start, times = mp.Barrier(2), mp.SimpleQueue()
    other = mp.Process(target=timed, args=(start, times, its, args))
    other.start()
    timed(start, times, mine, args)
    both = [times.get(), times.get()]
    other.join()
    return max(end for _, end in both) - min(begin for begin, _ in both)


def main():
    n = int(sys.argv[1])

    def row(name, ns, count):
        print(name, ns / count, sep="\t", flush=True)

    lock, value = mp.Lock(), mp.Value("q", 0)
    begin = time.monotonic_ns()
    lock_loop(n, lock)
    row("lock", time.monotonic_ns() - begin, n)
    row("lock of two", in_two(lock_loop, lock_loop, n, lock), 2 * n)
    row("add of two", in_two(add_loop, add_loop, n, value), 2 * n)
    assert value.value == 2 * n
    row("barrier of two", in_two(barrier_loop, barrier_loop, n, mp.Barrier(2)), n)
    row("round trip", in_two(ask, answer, n, mp.SimpleQueue(), mp.SimpleQueue()), n)


if __name__ == "__main__":
    main()
