"""Local time and UTC, timelines, hours and holidays."""
