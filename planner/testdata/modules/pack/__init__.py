def __getattr__(name):
    return len
