-- What there may be one of besides a name: the room of two users, the room of a Galaxy group.
ALTER TABLE room ADD COLUMN sole TEXT COLLATE "C";
CREATE UNIQUE INDEX room_by_sole ON room (sole);

-- Out of its member's list while it has no message after this seq of somebody whom they do not ignore.
ALTER TABLE member ADD COLUMN hidden BIGINT;

-- Who left the chat from within.
ALTER TABLE person ADD COLUMN absent BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE ignored (
    user_id BIGINT NOT NULL,
    other BIGINT NOT NULL,
    PRIMARY KEY (user_id, other)
);
