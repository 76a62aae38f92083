-- Who the chat knows. The name is Galaxy's of today; name_key is what names are compared by. Both sort by code
-- points, as they do in SQLite, whatever the database's collation.
CREATE TABLE person (
    id BIGINT PRIMARY KEY,
    name TEXT COLLATE "C",
    name_key TEXT COLLATE "C"
);
CREATE INDEX person_by_name ON person (name_key);

-- rev counts the room's durable changes and never goes back; floor is the oldest rev that retention kept.
CREATE TABLE room (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" UNIQUE,
    topic TEXT NOT NULL,
    owner BIGINT,
    made_at TEXT NOT NULL,
    rev BIGINT NOT NULL DEFAULT 0,
    floor BIGINT NOT NULL DEFAULT 0,
    closed BOOLEAN NOT NULL DEFAULT FALSE,
    archived BOOLEAN NOT NULL DEFAULT FALSE
);
-- Each message updates its room's row: room on the page lets it stay there, and the indexes be left alone.
ALTER TABLE room SET (fillfactor = 50);
CREATE INDEX room_by_owner ON room (owner, made_at);

CREATE TABLE member (
    user_id BIGINT NOT NULL,
    room BIGINT NOT NULL REFERENCES room (id),
    read BIGINT NOT NULL,
    muted BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (user_id, room)
);
CREATE INDEX member_by_room ON member (room, user_id);

-- No foreign key to room: its check would take a lock of its own on the row that the append has locked already.
CREATE TABLE message (
    room BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    rev BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    at TEXT NOT NULL,
    text TEXT NOT NULL,
    body BYTEA NOT NULL,
    edited BOOLEAN NOT NULL DEFAULT FALSE,
    deleted BOOLEAN NOT NULL DEFAULT FALSE,
    pinned BOOLEAN NOT NULL DEFAULT FALSE,
    reply_to BIGINT,
    PRIMARY KEY (room, seq)
);
CREATE UNIQUE INDEX message_by_rev ON message (room, rev);

CREATE TABLE mention (
    room BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (room, user_id, seq)
);
CREATE INDEX mention_by_message ON mention (room, seq);

-- The first answer to each nonce, apart from the message: it outlives retention.
CREATE TABLE answer (
    user_id BIGINT NOT NULL,
    nonce TEXT NOT NULL,
    digest BYTEA NOT NULL,
    room BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (user_id, nonce)
);

-- Who is where, by node. Lost with a crash of the server, as it should be: every node writes its own again.
CREATE UNLOGGED TABLE node (
    id TEXT PRIMARY KEY,
    seen TIMESTAMPTZ NOT NULL
);
CREATE UNLOGGED TABLE presence (
    node TEXT NOT NULL,
    room BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (node, room, user_id)
);
CREATE INDEX presence_by_room ON presence (room);
