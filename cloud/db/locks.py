"""Numbers of the advisory locks, so that no two uses share one; a test reads every file for those that stand elsewhere.

PostgreSQL's advisory locks are per database and known by a 64-bit number alone.
"""

MIGRATION_LOCK = 7_305_810_112_001
"""Held by the one migrator at work."""

ROLLUP_LOCK = 7_305_810_112_002
"""Shared by writers of samples, exclusive for the instant in which the rollup job moves `complete_until`.

A writer takes it with `pg_advisory_xact_lock_shared` and reads `rollup_state.complete_until` in a *later
statement* of the same transaction: in the same statement it would read what was true before it had the lock.
"""

AUDIT_LOCK = 7_305_810_112_003
"""Taken by the trigger of `audit` (`migrations/repeatable/10_audit.sql` names the same number)."""

MAINTENANCE_LOCK = 7_305_810_112_004
"""Held by the one maintenance job at work; a second one waits as a spare."""

PULSE_LOCK = 7_305_810_112_005
"""Held by the one that keeps the wall's tables (`wall.py`); a second one waits as a spare."""

FEED_LOCK = 7_305_810_112_011
"""Taken by whoever moves leases on, for one pass over what boxes have said."""
