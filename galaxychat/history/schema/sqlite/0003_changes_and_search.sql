-- An id of its own, which the index of words refers to: without one, VACUUM may number the rows anew.
-- reactions is what is shown of those in `reaction`, as JSON, so that a page need not ask for them.
CREATE TABLE message_with_id (
    id INTEGER PRIMARY KEY,
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
    reply_to INTEGER,
    reactions TEXT
);
INSERT INTO message_with_id (room, seq, rev, user_id, at, text, body, edited, deleted, pinned, reply_to)
SELECT room, seq, rev, user_id, at, text, body, edited, deleted, pinned, reply_to FROM message ORDER BY rowid;
DROP TABLE message;
ALTER TABLE message_with_id RENAME TO message;
CREATE UNIQUE INDEX message_by_seq ON message (room, seq);
CREATE UNIQUE INDEX message_by_rev ON message (room, rev);
CREATE INDEX message_pinned ON message (room, seq) WHERE pinned;

CREATE TABLE reaction (
    room INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    PRIMARY KEY (room, seq, emoji, user_id)
) WITHOUT ROWID;

-- Words in order, without case and accents; the text itself stays where it is.
CREATE VIRTUAL TABLE message_words USING fts5 (
    text, content = 'message', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER message_words_of_new AFTER INSERT ON message BEGIN
    INSERT INTO message_words (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER message_words_of_gone AFTER DELETE ON message BEGIN
    INSERT INTO message_words (message_words, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER message_words_of_changed AFTER UPDATE OF text ON message BEGIN
    INSERT INTO message_words (message_words, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO message_words (rowid, text) VALUES (new.id, new.text);
END;
INSERT INTO message_words (message_words) VALUES ('rebuild');
