"""The folder a clinician edits -> pages, glossary, pathway and preparation, all checked. Read once, when the product starts.

Markdown with front matter for pages, YAML for what is data. Whatever cannot be right is refused with its file and line,
so that nothing half-right is ever served.
"""

from clinic.adapters.content.document import ContentError
from clinic.adapters.content.library import Library, read_library
from clinic.adapters.content.pages import CarePage, FrequentQuestion, Section, Source, Term

__all__ = ["CarePage", "ContentError", "FrequentQuestion", "Library", "Section", "Source", "Term", "read_library"]
