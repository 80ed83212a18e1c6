CREATE TABLE IF NOT EXISTS "{schema}".format (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL
);
CREATE TABLE IF NOT EXISTS "{schema}".store (
    name text COLLATE "C" PRIMARY KEY
);
CREATE TABLE IF NOT EXISTS "{schema}".journal (
    store text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (store, key)
);
CREATE TABLE IF NOT EXISTS "{schema}".catalog (
    store text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (store, key)
);
CREATE TABLE IF NOT EXISTS "{schema}".history (
    store text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (store, key)
);
INSERT INTO "{schema}".format (version) VALUES ({version}) ON CONFLICT DO NOTHING;
