"""Composites of 1024 bits, their two top bits set, that fool weak tests: fixtures/primes/composites.txt.

    pip install gmpy2==2.3.2 && scripts/composites.py > fixtures/primes/composites.txt

Each line is a kind and the number, in hexadecimal digits, from which the composite follows:
    double    p: p (2p - 1). One base in four lies to Miller-Rabin's test.
    strong    p: the same, being also a strong pseudoprime to base 2.
    chernick  k: (6k + 1)(12k + 1)(18k + 1), a Carmichael number: every coprime base lies to Fermat's test.
    arnault   p: p (313(p-1) + 1)(353(p-1) + 1), a Carmichael number and a strong pseudoprime to every prime base up to 47
              (F. Arnault, "Constructing Carmichael numbers which are strong pseudoprimes to several bases",
              J. Symbolic Computation 20, 1995).
"""

import random

from gmpy2 import invert, iroot, is_prime, is_strong_prp, jacobi, next_prime

LOW, HIGH = 3 << 1022, 1 << 1024
draw = random.Random(1024)


def multipliers(linear, start, step, count):
    """The x of start, start + step, .. for which no a x + b of `linear` has a factor below 20,000."""
    is_out = bytearray(count)
    prime = 2
    while prime < 20000:
        for a, b in linear:
            if a * step % prime:
                first = int(-(a * start + b) * invert(a * step, prime) % prime)
                is_out[first::prime] = b"\1" * len(range(first, count, prime))
        prime = int(next_prime(prime))
    return (start + step * place for place in range(count) if not is_out[place])


def search(wanted, linear, low, high, residue=0, modulus=1):
    """`wanted` numbers x = residue mod modulus for which every a x + b is prime, with the product of them."""
    found = 0
    while found < wanted:
        start = draw.randrange(low, high)
        start += (residue - start) % modulus
        for x in multipliers(linear, start, modulus, 60000):
            factors = [a * x + b for a, b in linear]
            if all(is_prime(factor, 5) for factor in factors):
                product = 1
                for factor in factors:
                    product *= factor
                if LOW <= product < HIGH:
                    yield x, product
                    found += 1
                    if found == wanted:
                        return


def crt(first, second):
    (a, m), (b, n) = first, second
    return (a + m * ((b - a) * int(invert(m, n)) % n)) % (m * n), m * n


def arnault_residue():
    bases = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47]
    # Carmichael: p = -1/353 mod 313 and -1/313 mod 353.
    residue = crt((-int(invert(353, 313)) % 313, 313), (-int(invert(313, 353)) % 353, 353))

    def all_nonresidues(base, p):
        return all(q % 2 and jacobi(base, q) == -1 for q in (p, 313 * (p - 1) + 1, 353 * (p - 1) + 1))

    # Modulo 8 for base 2; p = 3 mod 4.
    for base in bases:
        modulus = 8 if base == 2 else 4 * base
        choices = [x for x in range(3, modulus, 4) if all_nonresidues(base, x + 8 * modulus * base)]
        choice = draw.choice(choices)
        residue = crt(residue, (choice, 8)) if base == 2 else crt(residue, (choice % base, base))
        if base == 2:
            eighth = choice
        else:
            # The choice modulo 4 has to be that of base 2: they all are 3.
            assert eighth % 4 == choice % 4 == 3
    return residue


print("#", __doc__.split("\n")[0], "By scripts/composites.py, which explains the kinds.")
low = int(iroot(LOW // 2, 2)[0])
for p, product in search(700, [(1, 0), (2, -1)], low, int(iroot(HIGH // 2, 2)[0]) - (1 << 400)):
    print("strong" if is_strong_prp(product, 2) else "double", f"{p:x}")
low, high = int(iroot(LOW // 1296, 3)[0]), int(iroot(HIGH // 1296, 3)[0])
for k, product in search(270, [(6, 1), (12, 1), (18, 1)], low, high - (1 << 300)):
    print("chernick", f"{k:x}")
residue, modulus = arnault_residue()
low, high = int(iroot(LOW // 110489, 3)[0]), int(iroot(HIGH // 110489, 3)[0])
for p, product in search(30, [(1, 0), (313, -312), (353, -352)], low, high - (1 << 300), residue, modulus):
    bases = [base for base in range(2, 48) if is_prime(base)]
    assert all(is_strong_prp(product, base) for base in bases), p
    print("arnault", f"{p:x}")
