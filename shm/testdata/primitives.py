"""What multiprocessing's primitives cost, in ns each: the other side of this package's benchmarks."""

import multiprocessing as mp
import sys
import time


def lock_loop(lock, n):
    for _ in range(n):
        with lock:
            pass


def add_loop(value, n):
    for _ in range(n):
        with value.get_lock():
            value.value += 1


def barrier_loop(barrier, n):
    for _ in range(n):
        barrier.wait()


def echo(there, back, n):
    for _ in range(n):
        back.put(there.get())


def in_two(target, *args):
    """Run target here and in another process; the time of both together, in s."""
    other = mp.Process(target=target, args=args)
    start = time.perf_counter()
    other.start()
    target(*args)
    other.join()
    return time.perf_counter() - start


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20000

    def row(name, seconds, count):
        print(f"python {name:<24} {seconds / count * 1e9:10.0f} ns")

    lock, value = mp.Lock(), mp.Value("q", 0)
    start = time.perf_counter()
    lock_loop(lock, n)
    row("lock and unlock", time.perf_counter() - start, n)
    row("lock, two processes", in_two(lock_loop, lock, n), 2 * n)
    row("add, two processes", in_two(add_loop, value, n), 2 * n)
    row("barrier of two", in_two(barrier_loop, mp.Barrier(2), n), n)
    there, back = mp.SimpleQueue(), mp.SimpleQueue()
    other = mp.Process(target=echo, args=(there, back, n))
    other.start()
    start = time.perf_counter()
    for _ in range(n):
        there.put(b"x")
        back.get()
    row("queue round trip", time.perf_counter() - start, n)
    other.join()


if __name__ == "__main__":
    main()
