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
-- Compressing large values is most of what a large commit costs, and lz4 takes a fraction of the time. Servers that
-- lack it, and databases that know nothing of the kind, keep their own way.
DO $creel$
DECLARE
    part text;
BEGIN
    FOREACH part IN ARRAY ARRAY['journal', 'catalog', 'history'] LOOP
        IF EXISTS (
            SELECT FROM pg_catalog.pg_attribute
            WHERE attrelid = format('%I.%I', '{schema}', part)::regclass
                AND attname = 'value' AND attcompression = ''
        ) THEN
            EXECUTE format('ALTER TABLE %I.%I ALTER COLUMN value SET COMPRESSION lz4', '{schema}', part);
        END IF;
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    NULL;
END
$creel$;
