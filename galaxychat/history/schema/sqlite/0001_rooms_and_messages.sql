-- Who the chat knows. The name is Galaxy's of today; name_key is what names are compared by.
CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    name TEXT,
    name_key TEXT
);
CREATE INDEX person_by_name ON person (name_key);

-- rev counts the room's durable changes and never goes back; floor is the oldest rev that retention kept.
CREATE TABLE room (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT UNIQUE,
    topic TEXT NOT NULL,
    owner INTEGER,
    made_at TEXT NOT NULL,
    rev INTEGER NOT NULL DEFAULT 0,
    floor INTEGER NOT NULL DEFAULT 0,
    closed INTEGER NOT NULL DEFAULT 0,
    archived INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX room_by_owner ON room (owner, made_at);

CREATE TABLE member (
    user_id INTEGER NOT NULL,
    room INTEGER NOT NULL REFERENCES room (id),
    read INTEGER NOT NULL,
    muted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, room)
) WITHOUT ROWID;
CREATE INDEX member_by_room ON member (room, user_id);

CREATE TABLE message (
    room INTEGER NOT NULL REFERENCES room (id),
    seq INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    text TEXT NOT NULL,
    body BLOB NOT NULL,
    edited INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    pinned INTEGER NOT NULL DEFAULT 0,
    reply_to INTEGER
);
CREATE UNIQUE INDEX message_by_seq ON message (room, seq);
CREATE UNIQUE INDEX message_by_rev ON message (room, rev);

CREATE TABLE mention (
    room INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (room, user_id, seq)
) WITHOUT ROWID;
CREATE INDEX mention_by_message ON mention (room, seq);

-- The first answer to each nonce, apart from the message: it outlives retention.
CREATE TABLE answer (
    user_id INTEGER NOT NULL,
    nonce TEXT NOT NULL,
    digest BLOB NOT NULL,
    room INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (user_id, nonce)
) WITHOUT ROWID;
