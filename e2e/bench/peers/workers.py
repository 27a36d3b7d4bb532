"""Seconds that multiprocessing needs to start and join n processes by fork: one after the other, or all at once."""
import multiprocessing
import sys
import time


def idle():
    pass


if __name__ == "__main__":
    n, together = int(sys.argv[1]), sys.argv[2] == "together"
    context = multiprocessing.get_context("fork")
    begin = time.perf_counter()
    if together:
        workers = [context.Process(target=idle) for _ in range(n)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    else:
        for _ in range(n):
            worker = context.Process(target=idle)
            worker.start()
            worker.join()
    print(time.perf_counter() - begin)
