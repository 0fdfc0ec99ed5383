"""The application, for gunicorn and for `flask`."""

from clinic.factory import application

app = application()
