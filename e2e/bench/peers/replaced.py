"""Seconds from kill -9 of a worker to the first answer of another one, the mean of n. Pool replaces who was at work, and loses the task
(who was idle died with the lock of the queue: then it hangs); an executor of concurrent.futures is broken, and another one is made."""
import concurrent.futures
import multiprocessing
import os
import signal
import sys
import time


def at_work(file):
    with open(file, "w") as f:
        f.write(str(os.getpid()))
    time.sleep(1000)


def victim(file):
    while True:
        try:
            with open(file) as f:
                text = f.read()
            if text:
                os.remove(file)
                return int(text)
        except FileNotFoundError:
            pass
        time.sleep(0.001)


def pool_kills(n, file):
    with multiprocessing.get_context("fork").Pool(1) as pool:
        for _ in range(n):
            pool.apply_async(at_work, (file,))
            pid = victim(file)
            begin = time.perf_counter()
            os.kill(pid, signal.SIGKILL)
            pool.apply(os.getpid)
            yield time.perf_counter() - begin


def executor_kills(n, file):
    context = multiprocessing.get_context("fork")
    executor = concurrent.futures.ProcessPoolExecutor(1, mp_context=context)
    for _ in range(n):
        task = executor.submit(at_work, file)
        pid = victim(file)
        begin = time.perf_counter()
        os.kill(pid, signal.SIGKILL)
        try:
            task.result()
        except concurrent.futures.process.BrokenProcessPool:
            pass
        executor = concurrent.futures.ProcessPoolExecutor(1, mp_context=context)
        executor.submit(os.getpid).result()
        yield time.perf_counter() - begin
    executor.shutdown()


if __name__ == "__main__":
    n, how = int(sys.argv[1]), sys.argv[2]
    times = list({"pool": pool_kills, "executor": executor_kills}[how](n, "victim-%d" % os.getpid()))
    print(sum(times) / n)
