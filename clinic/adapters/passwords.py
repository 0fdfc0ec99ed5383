"""Passwords kept as argon2id hashes, and the list of those that everybody tries first.

`common_passwords.txt` holds the 11,611 most common passwords of eight characters or more, as zxcvbn 4.5.0 lists them
(MIT licence, Dropbox and Daniel Wolf): a BLAKE2b digest of five bytes each, so that nobody has to read them.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret_raw

from clinic.domain.people.passwords import LONGEST, tidy

_COMMON = Path(__file__).with_name("common_passwords.txt")


class Passwords:
    """argon2id with t=2, m=19 MiB, p=1 (OWASP). `weak` is for tests that hash hundreds, and for nothing else."""

    def __init__(self, *, weak: bool = False) -> None:
        self._cost, self._memory = (1, 8) if weak else (2, 19_456)
        self._hasher = PasswordHasher(self._cost, self._memory, 1, type=Type.ID)
        self._nobody = self._hasher.hash("the password of nobody")

    def hash(self, password: str) -> str:
        return self._hasher.hash(tidy(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """One verification, of equal length whether there is a hash or not: whoever waits learns nothing."""
        given = tidy(password[: LONGEST + 1])
        try:
            right = self._hasher.verify(kept or self._nobody, given)
        except (VerificationError, InvalidHashError):
            return False
        return right and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether it was made at another cost, and is to be made anew when the password is known."""
        return self._hasher.check_needs_rehash(kept)

    def digest(self, secret: str, salt: bytes) -> str:
        """For secrets that we draw ourselves: the same salt (8 bytes or more) gives the same text, at the same cost."""
        return hash_secret_raw(secret.encode(), salt, self._cost, self._memory, 1, 32, Type.ID).hex()


def is_common(password: str) -> bool:
    """Whether it is among the most common ones; in small letters."""
    return hashlib.blake2b(password.encode(), digest_size=5).hexdigest() in _digests()


@cache
def _digests() -> frozenset[str]:
    return frozenset(_COMMON.read_text(encoding="ascii").split())
