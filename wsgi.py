"""The application, for gunicorn and for `flask`."""

from clinic.config import load
from clinic.factory import create_app

app = create_app(load())
