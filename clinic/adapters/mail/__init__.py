"""Mail: written by `write_mail`, sent by a `Mailer` over SMTP."""

from clinic.adapters.mail.sending import Mailer, Outlet, read_url
from clinic.adapters.mail.writing import Mail, sender_line, write_mail

__all__ = ["Mail", "Mailer", "Outlet", "read_url", "sender_line", "write_mail"]
