"""What Procrastinate's schema lacks for jobs that wait for a lock: an index to find them by, and waking their worker.

Procrastinate wakes workers when a job is inserted. A job that waits for another one's lock was inserted long before
it may run; without more, its worker finds it by looking every few seconds.
"""

from typing import Final

import procrastinate

_LOCKED_JOBS: Final = """
CREATE INDEX IF NOT EXISTS pushwright_jobs_lock ON procrastinate_jobs (lock, status, priority DESC, id)
    WHERE status IN ('todo', 'doing') AND lock IS NOT NULL;

CREATE OR REPLACE FUNCTION pushwright_wake_waiting_for_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM procrastinate_jobs AS other WHERE other.lock = OLD.lock AND other.status = 'todo') THEN
        PERFORM pg_notify(
            'procrastinate_queue_v1#' || OLD.queue_name,
            json_build_object('type', 'job_inserted', 'job_id', OLD.id)::text
        );
    END IF;
    RETURN NULL;
END;
$$;

CREATE OR REPLACE TRIGGER pushwright_wake_waiting_for_lock
    AFTER DELETE OR UPDATE OF status ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing' AND OLD.lock IS NOT NULL)
    EXECUTE FUNCTION pushwright_wake_waiting_for_lock();
"""


async def install_queue_schema(database_url: str) -> None:
    """Create Procrastinate's tables and functions where they are missing, and what is ours beside them."""
    connector = procrastinate.PsycopgConnector(conninfo=database_url, min_size=1, max_size=1)
    async with procrastinate.App(connector=connector).open_async() as app:
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        await app.connector.execute_query_async(_LOCKED_JOBS.replace("%", "%%"))
