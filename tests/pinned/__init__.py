"""What outlives code: keys in mails, addresses, names that others use, and a database, as they were on 29 November 2026."""
