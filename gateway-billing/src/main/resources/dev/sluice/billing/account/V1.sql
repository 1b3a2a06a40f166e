-- Instants are milliseconds since 1970 UTC. A revision is the sequence of the change that set the row.
CREATE TABLE teams (
  name TEXT PRIMARY KEY,
  hold_answers INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys themselves are kept nowhere.
CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  team TEXT NOT NULL,
  name TEXT,
  hash TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  replaced_by TEXT,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quotas (
  team TEXT NOT NULL,
  pool TEXT NOT NULL,
  guaranteed INTEGER NOT NULL,
  ceiling INTEGER NOT NULL,
  weight INTEGER NOT NULL,
  lane TEXT NOT NULL,
  max_wait_millis INTEGER,
  burst INTEGER NOT NULL,
  mode TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (team, pool)
) STRICT, WITHOUT ROWID;

CREATE TABLE budgets (
  team TEXT NOT NULL,
  name TEXT NOT NULL,
  key_id TEXT,
  unit TEXT NOT NULL,
  amount INTEGER NOT NULL,
  per TEXT NOT NULL,
  warn_percent INTEGER NOT NULL,
  mode TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (team, name)
) STRICT, WITHOUT ROWID;

-- Requests that have issued a key, by digests.
CREATE TABLE answered (
  request TEXT PRIMARY KEY,
  body TEXT NOT NULL,
  key_id TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per change; never changed, never deleted.
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  role TEXT NOT NULL,
  action TEXT NOT NULL,
  resource TEXT NOT NULL,
  before TEXT,
  after TEXT
) STRICT;

CREATE INDEX audit_resource ON audit (resource, sequence);
