"""Primes, by a sieve that takes a byte of memory for each number."""


def below(n):
    """How many primes there are below n."""
    prime = bytearray([1]) * n
    prime[:2] = bytes(min(n, 2))
    for i in range(2, int(n**0.5) + 1):
        if prime[i]:
            prime[i * i :: i] = bytes(len(range(i * i, n, i)))
    return sum(prime)
