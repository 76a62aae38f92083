-- A role of Galaxy's database that may read what galaxychat reads, and nothing else.
--
-- Run it once in Galaxy's database, as its owner or a superuser who may create roles:
--
--     psql --set ON_ERROR_STOP=1 --dbname galaxy --file postgres-role.sql
--     psql --dbname galaxy --command '\password galaxychat'
--
-- and tell the chat to use it, in its environment and not in galaxy.yml, which Galaxy itself reads:
--
--     GALAXY_CONFIG_OVERRIDE_DATABASE_CONNECTION=postgresql://galaxychat:PASSWORD@localhost/galaxy
--
-- What may not be read is named in the log at start, with the feature that is off for it.

CREATE ROLE galaxychat LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 10;
ALTER ROLE galaxychat SET default_transaction_read_only = on;

-- Always: who holds a session.
GRANT SELECT (id, user_id, session_key, is_valid) ON galaxy_session TO galaxychat;
GRANT SELECT (id, email, username, deleted, purged, active) ON galaxy_user TO galaxychat;

-- For `session_duration`. Galaxies before about 17.01 do not have this column: leave the line out.
GRANT SELECT (last_action) ON galaxy_session TO galaxychat;

-- The rest is for features that a site may not use (see docs/admin.md): without
-- these lines the chat works and says at start which feature is off.

-- Detection of an admin who uses Galaxy as somebody else.
GRANT SELECT (create_time, prev_session_id) ON galaxy_session TO galaxychat;

-- Limits for new accounts.
GRANT SELECT (create_time) ON galaxy_user TO galaxychat;

-- `require_opt_in`.
GRANT SELECT (user_id, name, value) ON user_preference TO galaxychat;

-- `group_rooms`, and moderators by group.
GRANT SELECT (id, name, deleted) ON galaxy_group TO galaxychat;
GRANT SELECT (user_id, group_id) ON user_group_association TO galaxychat;
