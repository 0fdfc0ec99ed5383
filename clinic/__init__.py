"""Multi-location booking and a clinic locator.

The map, in one line: the domain decides, the store remembers, the engine searches and places,
use cases act, the web speaks.

    domain/    pure rules: standard library only, no clock, no I/O
    store/     typed tables and selects over a Session; never commits
    adapters/  the outside world behind plain functions (geocoding, telephone numbers)
    engine/    search.py finds openings, place.py takes them; never commits
    usecases/  one public function a verb; `now` is an argument; commits once, last
    web/       HTTP, and only here; rooms that do not know each other
    factory.py binds all of it into one Flask application
"""
