"""The durable work, done by workers after the transaction that asked for it.

Every job carries ids only, reads its row, and may be repeated at any point: jobs run at least once. Expected
failures are recorded values; an exception that leaves a job means "retry me" or "bug". `queue` and `runtime` alone
know Procrastinate; the other modules know only ports.
"""
