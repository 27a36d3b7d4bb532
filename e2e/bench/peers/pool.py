"""Seconds that multiprocessing.Pool needs to square n numbers with two workers: by map with its default chunks, or by imap with chunk size 1."""
import multiprocessing
import sys
import time


def square(x):
    return x * x


if __name__ == "__main__":
    n, how = int(sys.argv[1]), sys.argv[2]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pool.map(square, range(2))
        begin = time.perf_counter()
        total = sum(pool.map(square, range(n)) if how == "map" else pool.imap(square, range(n)))
        print(time.perf_counter() - begin)
    if total != (n - 1) * n * (2 * n - 1) // 6:
        sys.exit("wrong sum")
