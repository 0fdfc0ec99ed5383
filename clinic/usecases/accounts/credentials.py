"""What it takes to check who somebody is: handed in by the web."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from clinic.adapters.passwords import Passwords, is_common
from clinic.adapters.sealing import Sealer
from clinic.domain.errors import InvalidInput
from clinic.domain.people.passwords import problem_with
from clinic.domain.tokens import REFERENCE_ALPHABET, write_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """`demo_code` is a second factor that always fits: in a demo alone, else None."""

    hashing: Passwords
    sealer: Sealer = field(repr=False)
    key: bytes = field(repr=False)
    brand: str
    demo_code: str | None = None

    def link_token(self, purpose: str, link_id: int) -> str:
        """What opens a link: made of our key, and found nowhere in the database."""
        return write_key(self.key, purpose, link_id, 0)

    def check_password(self, password: str, field: str, *, email: str, name: str) -> None:
        """Raises InvalidInput naming the field for a password that is not good enough."""
        problem = problem_with(password, context=(self.brand, email, name), is_common=is_common)
        if problem:
            raise InvalidInput({field: problem})

    def new_recovery_codes(self) -> list[str]:
        """Ten codes of fifty random bits, such as 7Q2M9-XKD4T."""
        drawn = ("".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(10)) for _ in range(10))
        return [f"{code[:5]}-{code[5:]}" for code in drawn]

    def recovery_digest(self, account_id: int, code: str) -> str:
        """As it is kept: slow to try, and not without our key. However it is typed."""
        plain = "".join(code.upper().replace("-", "").split()).translate(str.maketrans("OIL", "011"))
        salt = hashlib.blake2b(f"recovery {account_id}".encode(), key=self.key[:64], digest_size=16).digest()
        return self.hashing.digest(plain, salt)


def new_token() -> str:
    """For a cookie: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
