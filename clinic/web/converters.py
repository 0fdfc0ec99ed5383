"""What may stand in an address. Anything else at that place is no address of ours, so it is not found."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter


class NumberConverter(IntegerConverter):
    """<int:…>: the number of something. One of more digits is nothing's, and more than a database counts to."""

    regex = "[0-9]{1,9}"


class SlugConverter(BaseConverter):
    """<slug:…>: the name of a clinic, a service or a specialist in addresses."""

    regex = "[a-z0-9]+(?:-[a-z0-9]+)*"


class TokenConverter(BaseConverter):
    """<token:…>: a hold or manage token. The use case that opens it tells whether it is one."""

    regex = "[A-Za-z0-9_-]{1,120}"


class ReferenceConverter(BaseConverter):
    """<reference:…>: a booking's reference as we write it, eleven characters of Crockford's base 32. It opens nothing."""

    regex = "[0-9A-HJKMNP-TV-Z]{11}"


def install(app: Flask) -> None:
    app.url_map.converters.update(int=NumberConverter, slug=SlugConverter, token=TokenConverter, reference=ReferenceConverter)
