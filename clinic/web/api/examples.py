"""Examples for the description: what a client sends and gets, in one small story."""

from __future__ import annotations

from typing import Any

OPENING: dict[str, Any] = {
    "start": "2026-11-23T09:00:00-05:00",
    "end": "2026-11-23T10:00:00-05:00",
    "opening": "AQAAAAUAAAAMAAABFwBtMzR0c1yq0yq7mYwqkw1s0k8b",
    "visit_type": "physical-therapy-evaluation",
    "location": {"slug": "orlando-downtown", "name": "Orlando Downtown", "time_zone": "America/New_York", "distance_miles": 0.71},
    "specialist": {"slug": "maya-ferreira", "name": "Maya Ferreira, DPT"},
}

OPENINGS: dict[str, Any] = {
    "place": {
        "label": "Orlando, FL 32801",
        "latitude": 28.5399,
        "longitude": -81.3727,
        "time_zone": "America/New_York",
        "measured_from": "the center of ZIP 32801",
        "note": None,
    },
    "radius_miles": 25.0,
    "widened": False,
    "nearest_anyway": False,
    "openings": [OPENING],
}

HOLD_REQUEST: dict[str, Any] = {"opening": OPENING["opening"]}

_VISIT: dict[str, Any] = {
    "start": OPENING["start"],
    "end": OPENING["end"],
    "visit_type": OPENING["visit_type"],
    "service": "physical-therapy",
    "location": {
        "slug": "orlando-downtown",
        "name": "Orlando Downtown",
        "time_zone": "America/New_York",
        "street": "20 Lake Ave",
        "city": "Orlando",
        "state": "FL",
        "postal_code": "32801",
        "phone": "(407) 555-0110",
    },
    "specialist": OPENING["specialist"],
}

HOLD: dict[str, Any] = {
    "hold": "1f4-q4VgTn2mJcV1rkYw6kLzqfZlQm0yXv8Wv1x2b3Y4c5E",
    "expires_at": "2026-11-22T14:10:00-05:00",
    "can_extend": True,
    **_VISIT,
}

APPOINTMENT_REQUEST: dict[str, Any] = {
    "hold": HOLD["hold"],
    "patient": {
        "given_name": "Rosa",
        "family_name": "Delgado",
        "birth_date": "1971-04-23",
        "phone": "(407) 555-0123",
        "email": "rosa@example.com",
        "postal_code": "32801",
        "language": "es",
        "interpreter": True,
        "access_needs": "A step-free way in",
        "insurer": "Sunny Health, Silver plan",
        "texts": True,
    },
    "new_patient": True,
    "booked_by": "self",
    "reason": "Lower back pain since October",
}

APPOINTMENT: dict[str, Any] = {
    "reference": "7Q2M9XKD4TR",
    "manage_url": "https://book.example.org/manage/1f4-Zp0yXv8Wv1x2b3Y4c5Eq4VgTn2mJcV1rkYw6kLzqfZ",
    **_VISIT,
}

SERVICES: dict[str, Any] = {
    "services": [
        {
            "slug": "physical-therapy",
            "name": "Physical therapy",
            "summary": "Exercises and hands-on treatment for a back that hurts.",
            "visit_types": [
                {
                    "slug": "physical-therapy-evaluation",
                    "name": "First visit",
                    "minutes": 60,
                    "online": True,
                    "audience": "new",
                }
            ],
        }
    ]
}
