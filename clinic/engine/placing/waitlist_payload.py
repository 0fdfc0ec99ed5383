"""What somebody said who waits without a visit: sealed on its way in, so that nothing of them stands readable."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from clinic.adapters.sealing import Sealer
from clinic.engine.placing.intake import Answerable
from clinic.store.appointments.confirmations import PatientRecord


def seal(said: PatientRecord, answers_for: Answerable | None, sealer: Sealer) -> str:
    """As JSON with the fields of Said, and "guardian" of a minor."""
    told: dict[str, Any] = asdict(said) | {"guardian": asdict(answers_for) if answers_for else None}
    return sealer.seal(json.dumps(told, ensure_ascii=False, default=lambda moment: moment.isoformat()))


def unseal(sealed: str, sealer: Sealer) -> tuple[PatientRecord, Answerable | None]:
    """Raises WrongKey."""
    told: dict[str, Any] = json.loads(sealer.open(sealed))
    guardian = told.pop("guardian")
    told["birth_date"] = date.fromisoformat(told["birth_date"])
    if told["texts_consented_at"]:
        told["texts_consented_at"] = datetime.fromisoformat(told["texts_consented_at"])
    return PatientRecord(**told), Answerable(**guardian) if guardian else None


def fingerprint(said: PatientRecord, key: bytes) -> str:
    """The same for the same name, birth date and phone, and for nobody who lacks the key a way back to them."""
    who = f"waits {said.match_name} {said.birth_date} {said.phone}"
    return hmac.new(key, who.encode(), hashlib.sha256).hexdigest()[:32]
