"""What the invented clinics say about coming to them: parking, the way in, and the plans they take. All of it is made up."""

from __future__ import annotations

PARKING = (
    "Free parking in front of the building. Two spaces beside the door are for disabled permits.",
    "Park in the garage next door, levels 1 and 2. Bring the ticket to our desk, and the first two hours are free.",
    "Free parking behind the building: drive in past the side wall. There is a drop-off spot at the front door.",
    "Metered street parking on both sides. It is free for disabled permits. Allow five minutes to find a space.",
    "Shared parking lot with the shops. Our spaces are marked in blue along the left side and cost nothing.",
)
ACCESS = (
    "Ground floor, no steps, and a door that opens by itself. The restroom has room for a wheelchair.",
    "Second floor. The elevator is to the right of the entrance and holds a wheelchair. There are chairs with arms in the hall.",
    "One step at the front door. The side entrance on the left has a ramp: press the bell and we open at once.",
    "No steps from the sidewalk. Our exam tables can be lowered, and you may ask for help to get on and off.",
    "Ground floor. A bus stops across the street. We have a wheelchair at the desk if the way from the car is too long.",
    "Third floor, with two elevators. There are benches on the way from the parking lot to the door.",
    "Ground floor, no steps. If bright light or noise bothers you, ask for the quiet waiting room.",
)
PLANS = (
    "Medicare", "Workers’ compensation", "Fernbrook Health PPO", "Harrowmere Mutual", "Larkmoor Choice HMO",
    "Tamberly Care", "Quillcrest Select", "Pellamar Health", "Osprell Family Plan",
)  # fmt: skip
"""The first two are real programs; no insurer goes by one of the other names."""


def arriving(number: int) -> tuple[str, str, str]:
    """Parking, the way in, and plans (a line each) of the chain's clinic of that number."""
    offered = [plan for position, plan in enumerate(PLANS) if position < 2 or (number + position) % 3]
    return PARKING[number % len(PARKING)], ACCESS[number % len(ACCESS)], "\n".join(offered)
