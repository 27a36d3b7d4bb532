"""An endless stream through multiprocessing.Queue, of the same shape as specs/endless.yaml. Prints the pid of its worker."""
import multiprocessing


def make(numbers):
    n = 0
    while True:
        numbers.put(n)
        n += 1


def work(numbers, texts):
    while True:
        n = numbers.get()
        texts.put({"n": n, "text": f"item {n}"})


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    numbers, texts = context.Queue(1024), context.Queue(1024)
    context.Process(target=make, args=(numbers,), daemon=True).start()
    worker = context.Process(target=work, args=(numbers, texts), daemon=True)
    worker.start()
    print(worker.pid, flush=True)
    while True:
        texts.get()
