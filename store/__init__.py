"""PostgreSQL, and nothing else knows SQL.

Here belong tables, migrations, statements, the encryption of what must not lie in the open, and the embedded
server. Decisions belong to `domain/`; a row leaves this room only as a domain value. Work that must happen
after a commit is asked for through the `JobQueue` port, in the same transaction as the row it is about.
"""
