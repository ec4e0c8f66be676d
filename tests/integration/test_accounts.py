"""Accounts, tokens and the audit chain."""

import json
from datetime import timedelta

import psycopg
import pytest

from cloud.db import accounts, audit
from cloud.db.connection import Connection
from cloud.db.errors import Misconfigured, Refused
from cloud.db.tokens import make_token, split_token, verify_secret


def test_token_when_created_then_is_stored_as_a_hash_only(owner: Connection) -> None:
    token = accounts.create_token(owner, "ops", "operator", "test")
    parts = split_token(token)
    assert parts
    stored = owner.execute("SELECT id, hash FROM token").fetchone()
    assert stored
    assert stored[0] == parts[0]
    assert verify_secret(stored[1], parts[1])
    assert parts[1] not in str(owner.execute("SELECT token::text, audit::text FROM token, audit").fetchall())


def test_token_when_account_has_another_role_or_is_locked_then_is_refused(owner: Connection) -> None:
    accounts.add_account(owner, "ops", "operator", "test")
    with pytest.raises(Refused, match="is operator, not admin"):
        accounts.create_token(owner, "ops", "admin", "test")
    accounts.disable_account(owner, "ops", "test")
    with pytest.raises(Refused, match="is locked"):
        accounts.create_token(owner, "ops", "operator", "test")


def test_account_when_named_twice_or_unknown_then_is_refused_with_what_to_do(owner: Connection) -> None:
    accounts.add_account(owner, "ops", "operator", "test")
    with pytest.raises(Refused, match="already"):
        accounts.add_account(owner, "ops", "viewer", "test")
    with pytest.raises(Refused, match="account list"):
        accounts.disable_account(owner, "nobody", "test")
    with pytest.raises(Refused, match="token list"):
        accounts.revoke_token(owner, "0" * 12, "test")


def test_account_when_its_name_could_be_taken_for_another_then_is_refused(owner: Connection) -> None:
    accounts.add_account(owner, "Budi", "operator", "test")
    for name in ("budi", "BUDI"):
        with pytest.raises(Refused, match="already"):
            accounts.add_account(owner, name, "viewer", "test")
    for name in ("satulayar", "Nobody", "openid"):
        with pytest.raises(Refused, match="of this program itself"):
            accounts.add_account(owner, name, "viewer", "test")
    with pytest.raises(Refused, match="no account's name"):
        accounts.add_account(owner, "\u0430dmin", "viewer", "test")


def test_tokens_when_listed_then_show_when_they_end(owner: Connection) -> None:
    accounts.create_token(owner, "ops", "operator", "test", timedelta(days=3))
    accounts.create_token(owner, "ops", "operator", "test")
    ends = [token.expires_at for token in accounts.list_tokens(owner)]
    assert [end is None for end in ends] == [False, True]


def test_audit_when_every_change_is_written_then_the_chain_holds(owner: Connection) -> None:
    token = accounts.create_token(owner, "ops", "operator", "test")
    accounts.revoke_token(owner, token.split("_")[1], "test")
    actions = [row[0] for row in owner.execute("SELECT action FROM audit ORDER BY id")]
    assert actions == ["account_added", "token_created", "token_revoked"]
    assert audit.find_broken(owner) == []


@pytest.mark.parametrize("order", ["UPDATE audit SET actor = 'me'", "DELETE FROM audit", "TRUNCATE audit"])
def test_audit_when_somebody_alters_it_then_is_refused(owner: Connection, order: str) -> None:
    accounts.add_account(owner, "ops", "operator", "test")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        owner.execute(order)  # type: ignore[call-overload]


def test_audit_when_altered_behind_its_triggers_then_names_the_row(owner: Connection) -> None:
    for name in ("a", "b", "c", "d"):
        accounts.add_account(owner, name, "viewer", "test")
    owner.execute("ALTER TABLE audit DISABLE TRIGGER audit_stay")
    owner.execute("UPDATE audit SET subject = 'z' WHERE id = 2")
    assert audit.find_broken(owner) == [2]
    owner.execute("UPDATE audit SET subject = 'b' WHERE id = 2")
    owner.execute("DELETE FROM audit WHERE id = 3")
    assert audit.find_broken(owner) == [4]


def test_audit_when_its_newest_rows_were_taken_away_then_shows_and_stays_shown(owner: Connection) -> None:
    for name in ("a", "b", "c", "d"):
        accounts.add_account(owner, name, "viewer", "test")
    owner.execute("ALTER TABLE audit DISABLE TRIGGER audit_stay")
    owner.execute("DELETE FROM audit WHERE id > 2")
    assert audit.find_broken(owner) == [4], "the number of the last row that was written"
    accounts.add_account(owner, "e", "viewer", "test")
    assert audit.find_broken(owner) == [5], "the next one does not fill the gap"


def test_audit_when_written_anew_by_the_owner_then_an_anchor_from_before_shows_it(owner: Connection) -> None:
    for name in ("a", "b", "c"):
        accounts.add_account(owner, name, "viewer", "test")
    anchor = audit.read_anchor(owner)
    assert anchor
    line = json.dumps({"event": "audit_anchored", "number": anchor.number, "hash": anchor.hash, "level": "info"})
    kept = list(audit.read_anchors(["rollup_finished", "{", line, '{"audit_anchored": 1}']))
    assert kept == [anchor]
    accounts.add_account(owner, "d", "viewer", "test")
    assert audit.find_lost(owner, kept) == []
    owner.execute("ALTER TABLE audit DISABLE TRIGGER audit_stay")
    owner.execute("DELETE FROM audit WHERE id > 1")
    owner.execute("UPDATE audit_head SET (id, hash) = (SELECT id, hash FROM audit)")
    for name in ("x", "y", "z"):
        accounts.add_account(owner, name, "viewer", "test")
    assert audit.find_broken(owner) == [], "a chain that was forged with care is whole"
    assert audit.find_lost(owner, kept) == [3]
    with pytest.raises(Misconfigured, match="no anchor"):
        list(audit.read_anchors(["", "rollup_finished"]))


@pytest.mark.parametrize("role", ["api", "operations", "modules"])
@pytest.mark.parametrize(
    "order",
    [
        "UPDATE audit SET actor = 'me'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE audit_head SET id = 0",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "CREATE OR REPLACE FUNCTION audit_stay() RETURNS trigger LANGUAGE sql RETURN NULL",
        "SET session_replication_role = replica",
    ],
)
def test_audit_when_a_program_of_ours_would_alter_it_then_the_database_refuses(
    owner: Connection, role: str, order: str
) -> None:
    accounts.add_account(owner, "ops", "operator", "test")
    owner.execute(f"SET ROLE {role}")  # type: ignore[call-overload]
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(order)  # type: ignore[call-overload]
    finally:
        owner.execute("RESET ROLE")
    assert audit.find_broken(owner) == []


def test_tokens_when_made_then_differ_and_follow_the_form() -> None:
    first, second = make_token(), make_token()
    assert first.text != second.text
    assert split_token(first.text)
    for wrong in ("", "sl_", first.text[:-1], first.text + "x", first.text.upper(), f" {first.text}"):
        assert split_token(wrong) is None
