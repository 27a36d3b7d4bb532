"""Seconds that multiprocessing.Queue needs for n items between two processes: ints, or bytes of a size."""
import multiprocessing
import sys
import time


def produce(queue, n, size):
    if size:
        for _ in range(n):
            queue.put(bytes(size))
    else:
        for i in range(n):
            queue.put(i)


if __name__ == "__main__":
    n, size = int(sys.argv[1]), int(sys.argv[2])
    queue = multiprocessing.get_context("fork").Queue()
    producer = multiprocessing.get_context("fork").Process(target=produce, args=(queue, n, size))
    total = 0
    begin = time.perf_counter()
    producer.start()
    for _ in range(n):
        item = queue.get()
        total += len(item) if size else item
    print(time.perf_counter() - begin)
    producer.join()
    if total != (n * size if size else n * (n - 1) // 2):
        sys.exit("wrong sum")
