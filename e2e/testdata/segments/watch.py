"""Talks with a run through two values in segments, by multiprocessing.shared_memory: waits for a first count, says 1, waits for all, says 2.

watch.py COUNT-SEGMENT ANSWER-SEGMENT ALL
"""

import struct
import sys
import time
from multiprocessing import resource_tracker, shared_memory

count, answer = (shared_memory.SharedMemory(name=name, create=False) for name in sys.argv[1:3])
for segment in count, answer:  # before Python 3.13 a program removes at its end what it has opened: python/cpython#82300
    resource_tracker.unregister(segment._name, "shared_memory")
seen = 0
for said, least in (1, 1), (2, int(sys.argv[3])):
    while seen < least:
        (now,) = struct.unpack_from("<q", count.buf)
        if now < seen:
            sys.exit(f"the count went from {seen} to {now}")
        seen = now
        time.sleep(0.001)
    print(seen, "of", count.size, "bytes", flush=True)
    struct.pack_into("<q", answer.buf, 0, said)
