"""What each CLINIC_ variable is for. `flask clinic settings` prints this table."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEMO_ENV = ROOT / "instance" / "demo.env"
CONTENT = ROOT / "clinic" / "content"

VARIABLES = {
    "CLINIC_DATABASE_URL": "postgresql://user@host/name, or sqlite:///path (from the checkout, or //absolute)",
    "CLINIC_SECRET_KEY": "signs sessions and tokens; 32 random characters or more, the same for every worker",
    "CLINIC_PUBLIC_URL": "the address patients type; https turns on Secure cookies and HSTS",
    "CLINIC_BRAND": "the name on every page and message",
    "CLINIC_PHONE": "the number that every page offers to people who would rather call",
    "CLINIC_INTAKE_KEYS": "seals what patients tell a clinic: 32 random bytes in URL-safe base 64; of several, the newest first",
    "CLINIC_CONTENT": "the folder of care pages, pathway and preparation (default clinic/content)",
    "CLINIC_SMTP_URL": "the server that sends mail: smtp://user:password@host:port, or smtps:// for TLS from the first byte",
    "CLINIC_SMTP_TLS": "starttls (default): encrypted or not at all; off: in clear, for a server on this machine",
    "CLINIC_MAIL_FROM": "the address that mail comes from",
    "CLINIC_MAIL_TIMEOUT": "seconds that the mail server may be silent (default 10)",
    "CLINIC_SMS_URL": "twilio://ACCOUNT:TOKEN@api.twilio.com?from=+14075550100 (or ?service=MG…); empty: no text messages",
    "CLINIC_DEMO": "1 for invented data, a banner on every page and generous limits",
    "CLINIC_LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR (default INFO)",
    "CLINIC_GEOCODER": "a geopy service (nominatim, photon, google …) or uscensus; empty: the embedded gazetteer alone",
    "CLINIC_GEOCODER_OPTIONS": 'keywords for that geocoder as JSON, such as {"api_key": "…"}',
    "CLINIC_GEOCODER_TIMEOUT": "seconds to wait for it (default 2.0)",
    "CLINIC_LIMIT_HOLDS": "times held from one address (default 20 per 10 minutes)",
    "CLINIC_LIMIT_BOOKINGS": "visits booked from one address (default 10 per hour)",
    "CLINIC_LIMIT_GEOCODING": "street addresses looked up from one address (default 60 per hour)",
    "CLINIC_LIMIT_LOOKUPS": "searches for a booking from one address (default 5 per hour)",
    "CLINIC_LIMIT_SIGN_INS": "wrong sign-ins from one address, and all sign-ins to one account (default 10 per 15 minutes)",
    "CLINIC_METRICS_TOKEN": "32 characters or more that open /metrics (as a Bearer token); empty: nobody, in a demo anybody",
    "CLINIC_RETENTION": 'days to keep what is over, as JSON, such as {"visits_days": 3650}; the README has the defaults',
    "CLINIC_TRUSTED_PROXIES": "how many reverse proxies stand in front and set X-Forwarded-* (default 0)",
    "CLINIC_ALLOWED_HOSTS": "further host names to answer to, separated by commas",
}
MAKE_KEY = 'python3 -c "import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())"'
# Read by the test run, not by the product.
NOT_SETTINGS = frozenset({"CLINIC_PROVE"})
