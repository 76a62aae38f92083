"""Messages as rows of the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import msgspec

from galaxychat.errors import Refusal
from galaxychat.history.member_statements import people
from galaxychat.history.paging import fitting
from galaxychat.history.sql import Statement, marks, sought
from galaxychat.messages import SAFE_INTEGER, Message, Reaction, User
from galaxychat.records import RESUME_CHANGES, Changes, Draft, NonceReused, NoSuchMessage, Page, Posted

COLUMNS = (
    "m.room, m.seq, m.rev, m.user_id, m.at, m.text, m.body, m.edited, m.deleted, m.reply_to, m.pinned, m.reactions"
)
_MESSAGE = "(room, seq, rev, user_id, at, text, body, reply_to)"
_ANSWER = "(user_id, nonce, digest, room, seq, at)"

_reactions = msgspec.json.Decoder(tuple[Reaction, ...])

#: What became of a draft.
Outcome = Posted | NonceReused | NoSuchMessage | Refusal


def of_row(row: Sequence[Any]) -> Message:
    """Return a message of its columns."""
    room, seq, rev, user, at, text, body, edited, deleted, reply_to, pinned, reactions = row
    return Message(
        room=room,
        seq=seq,
        rev=rev,
        user=user,
        at=at,
        text=text,
        body=msgspec.Raw(bytes(body)),
        edited=bool(edited),
        deleted=bool(deleted),
        reply_to=reply_to,
        pinned=bool(pinned),
        reactions=_reactions.decode(reactions) if reactions else (),
    )


def _values(columns: int, rows: int) -> str:
    return ", ".join([f"({', '.join('?' * columns)})"] * rows)


# ---- posting


def answered(user: int, nonce: str, digest: bytes) -> Statement[Posted | None]:
    """Return the first answer to a nonce; raises NonceReused when it was given to something else."""
    known = yield from _answers([(user, nonce)])
    outcome = _again(known.get((user, nonce)), digest)
    if isinstance(outcome, NonceReused):
        raise outcome
    return outcome


def append(drafts: Sequence[Draft]) -> Statement[list[Outcome]]:
    """Post messages under their rooms' next revs; return what became of each, in order.

    The rooms' rows are locked first and in the order of their ids, so that two nodes whose batches cross
    neither deadlock nor leave a hole. A nonce that another node takes meanwhile, in another room, violates the
    key of `answer`: the whole batch is then to be repeated, and finds it.
    """
    revs = yield from _lock(drafts)
    known = yield from _answers([(draft.user, draft.nonce) for draft in drafts])
    targets = yield from _targets(drafts)
    outcomes: list[Outcome] = []
    fresh: list[tuple[Draft, int]] = []
    for draft in drafts:
        key = (draft.user, draft.nonce)
        outcome: Outcome | None = _again(known.get(key), draft.digest)
        if outcome is None and draft.room not in revs:
            outcome = no_such_room()
        if outcome is None and draft.reply_to is not None and (draft.room, draft.reply_to) not in targets:
            outcome = NoSuchMessage()
        if outcome is None:
            revs[draft.room] += 1
            outcome = Posted(draft.room, revs[draft.room], draft.at)
            known[key] = (draft.digest, outcome)
            fresh.append((draft, outcome.seq))
        outcomes.append(outcome)
    if fresh:
        yield from _insert(fresh)
    return outcomes


def no_such_room() -> Refusal:
    """Return what a draft for a room that is not there comes to."""
    return Refusal("no_such_room", "There is no such room, or it is not open to you.")


def _lock(drafts: Iterable[Draft]) -> Statement[dict[int, int]]:
    rooms = sorted({draft.room for draft in drafts})
    sql = f"SELECT id, rev FROM room WHERE id IN ({marks(rooms)}) ORDER BY id FOR UPDATE"  # noqa: S608
    rows = yield sql, rooms
    return dict(rows)


def _answers(keys: Sequence[tuple[int, str]]) -> Statement[dict[tuple[int, str], tuple[bytes, Posted]]]:
    sql = f"""SELECT a.user_id, a.nonce, a.digest, a.room, a.seq, a.at FROM {sought(2, len(keys))}
              CROSS JOIN answer a WHERE a.user_id = w.column1 AND a.nonce = w.column2"""  # noqa: S608
    rows = yield sql, list(chain.from_iterable(keys))
    return {(user, nonce): (bytes(digest), Posted(room, seq, at)) for user, nonce, digest, room, seq, at in rows}


def _again(known: tuple[bytes, Posted] | None, digest: bytes) -> Posted | NonceReused | None:
    """Return what a nonce that was answered before is answered now."""
    if known is None:
        return None
    first_digest, first = known
    return Posted(first.room, first.seq, first.at, repeated=True) if first_digest == digest else NonceReused()


def _targets(drafts: Iterable[Draft]) -> Statement[set[tuple[int, int]]]:
    """Return which of the messages that are replied to are there."""
    asked = [(draft.room, draft.reply_to) for draft in drafts if draft.reply_to is not None]
    if not asked:
        return set()
    sql = f"""SELECT m.room, m.seq FROM {sought(2, len(asked))}
              CROSS JOIN message m WHERE m.room = w.column1 AND m.seq = w.column2 AND NOT m.deleted"""  # noqa: S608
    rows = yield sql, list(chain.from_iterable(asked))
    return {(room, seq) for room, seq in rows}


def _insert(fresh: Sequence[tuple[Draft, int]]) -> Statement[None]:
    posts: list[Any] = []
    answers: list[Any] = []
    mentions: list[Any] = []
    revs: dict[int, int] = {}
    for draft, seq in fresh:
        posts += (draft.room, seq, seq, draft.user, draft.at, draft.text, draft.body, draft.reply_to)
        answers += (draft.user, draft.nonce, draft.digest, draft.room, seq, draft.at)
        for user in draft.mentions:
            mentions += (draft.room, user, seq)
        revs[draft.room] = seq
    yield f"INSERT INTO message {_MESSAGE} VALUES {_values(8, len(fresh))}", posts  # noqa: S608
    yield f"INSERT INTO answer {_ANSWER} VALUES {_values(6, len(fresh))}", answers  # noqa: S608
    if mentions:
        sql = f"INSERT INTO mention (room, user_id, seq) VALUES {_values(3, len(mentions) // 3)}"  # noqa: S608
        yield sql, mentions
    for room, rev in sorted(revs.items()):
        yield "UPDATE room SET rev = ? WHERE id = ?", (rev, room)


# ---- reading


def message(room: int, seq: int) -> Statement[Message]:
    """Return a message that is there."""
    rows = yield f"SELECT {COLUMNS} FROM message m WHERE m.room = ? AND m.seq = ?", (room, seq)  # noqa: S608
    return of_row(rows[0])


def changes(room: int, after: int) -> Statement[Changes]:
    """Return the messages changed after a rev, with the room's rev of the same statement."""
    sql = f"""SELECT r.rev, r.floor, {COLUMNS} FROM room r
              LEFT JOIN (SELECT * FROM message WHERE room = ? AND rev > ? ORDER BY rev LIMIT ?) AS m ON TRUE
              WHERE r.id = ? ORDER BY m.rev"""  # noqa: S608
    rows = yield sql, (room, after, RESUME_CHANGES + 1, room)
    rev, floor = rows[0][:2] if rows else (0, 0)
    found = [of_row(row[2:]) for row in rows if row[2] is not None]
    fit = fitting(found)
    complete = floor <= after <= rev and len(found) <= RESUME_CHANGES and len(fit) == len(found)
    if not complete:
        return Changes(rev=rev, messages=(), users=(), more=False, complete=False)
    first = min((message.seq for message in found), default=after + 1)
    more = yield from _exists(room, "seq < ?", first)
    users = yield from named(found)
    return Changes(rev=rev, messages=found, users=users, more=more, complete=True)


def page(room: int, limit: int, before: int | None, after: int | None, around: int | None) -> Statement[Page]:
    """Return a run of messages, oldest first: the newest, or those about a place."""
    rev, found = yield from _run(room, limit, before, after, around)
    more_before = bool(found) and (yield from _exists(room, "seq < ?", found[0].seq))
    more_after = bool(found) and (yield from _exists(room, "seq > ?", found[-1].seq))
    users = yield from named(found)
    return Page(rev, found, users, more_before, more_after)


def _run(
    room: int, limit: int, before: int | None, after: int | None, around: int | None
) -> Statement[tuple[int, list[Message]]]:
    """Return the room's rev and the messages at a place; cut to what fits, farthest from the place first."""
    if after is not None:
        rev, newer = yield from _beside(room, "seq > ?", after, "seq", limit)
        return rev, fitting(newer)
    if around is None:
        rev, older = yield from _beside(room, "seq < ?", SAFE_INTEGER if before is None else before, "seq DESC", limit)
        return rev, fitting(older)[::-1]
    half = max(1, limit // 2)
    rev, older = yield from _beside(room, "seq <= ?", around, "seq DESC", half)
    _, newer = yield from _beside(room, "seq > ?", around, "seq", limit - half)
    return rev, [*fitting(older, share=2)[::-1], *fitting(newer, share=2)]


def _beside(room: int, where: str, seq: int, order: str, limit: int) -> Statement[tuple[int, list[Message]]]:
    """Return messages on one side of a place, nearest first, with the room's rev of the same statement."""
    sql = f"""SELECT r.rev, {COLUMNS} FROM room r
              LEFT JOIN (SELECT * FROM message WHERE room = ? AND {where} ORDER BY {order} LIMIT ?) AS m ON TRUE
              WHERE r.id = ? ORDER BY m.{order}"""  # noqa: S608
    rows = yield sql, (room, seq, limit, room)
    return rows[0][0] if rows else 0, [of_row(row[1:]) for row in rows if row[1] is not None]


def _exists(room: int, where: str, seq: int) -> Statement[bool]:
    # ORDER BY: PostgreSQL would go through the table until it meets one.
    rows = yield f"SELECT 1 FROM message WHERE room = ? AND {where} ORDER BY seq LIMIT 1", (room, seq)  # noqa: S608
    return bool(rows)


def named(found: Sequence[Message]) -> Statement[list[User]]:
    """Return the authors, those mentioned, and those shown with a reaction."""
    if not found:
        return []
    places = list(chain.from_iterable((message.room, message.seq) for message in found))
    sql = f"""SELECT DISTINCT n.user_id FROM {sought(2, len(found))}
              CROSS JOIN mention n WHERE n.room = w.column1 AND n.seq = w.column2"""  # noqa: S608
    rows = yield sql, places
    ids = {user for (user,) in rows}
    for message in found:
        ids.add(message.user)
        ids.update(*(reaction.users for reaction in message.reactions))
    return (yield from people(ids))
