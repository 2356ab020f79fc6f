package io.understudy.router.proof;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What one client says, drawn at random: sessions that PostgreSQL has an answer to, errors included. Every turn ends with one
 * ReadyForQuery, whatever happens in it.
 */
final class Conversation {
    private static final int SIMPLE_OF_TEN = 5;
    private static final int LONGEST_BATCH = 8;
    private static final List<String> STATEMENTS = List.of("", "s1", "s2");
    private static final List<String> PORTALS = List.of("", "", "p1");

    /**
     * What is sent at once.
     *
     * @param messages each with its header
     * @param told for whoever reads a failure
     * @param reachesBack whether it may execute a portal of an earlier turn
     */
    record Turn(List<byte[]> messages, String told, boolean reachesBack) {
        byte[] bytes() {
            return Wire.join(messages.toArray(byte[][]::new));
        }

        @Override
        public String toString() {
            return told;
        }
    }

    private final Random random;
    private final String own;

    private Conversation(Random random, String own) {
        this.random = random;
        this.own = own;
    }

    /** Of the client {@code own}, whose schema, channel and locks nobody else uses. The first turn makes a clean beginning. */
    static List<Turn> drawn(Random random, String own, int turns) {
        Conversation drawing = new Conversation(random, own);
        return Stream.concat(
                        Stream.of(drawing.beginning()),
                        Stream.generate(drawing::turn).limit(turns))
                .toList();
    }

    private Turn beginning() {
        return simple("SET client_min_messages = warning; DROP SCHEMA IF EXISTS %1$s CASCADE; CREATE SCHEMA %1$s;"
                        .formatted(own)
                + " CREATE TABLE %1$s.t(a int PRIMARY KEY, b text); INSERT INTO %1$s.t VALUES (1, 'one'), (2, 'two');"
                        .formatted(own)
                + " GRANT USAGE ON SCHEMA %1$s TO pg_monitor; GRANT SELECT ON %1$s.t TO pg_monitor;".formatted(own)
                + " RESET client_min_messages; SET search_path = " + own);
    }

    private Turn turn() {
        return random.nextInt(10) < SIMPLE_OF_TEN ? simple(simpleQuery()) : random.nextInt(8) == 0 ? copyIn() : batch();
    }

    private static Turn simple(String sql) {
        return new Turn(List.of(Wire.query(sql)), "Q " + sql, false);
    }

    private int small() {
        return random.nextInt(6);
    }

    private <T> T one(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private String zone() {
        return one(List.of("UTC", "Europe/Zurich", "Asia/Tokyo"));
    }

    private String simpleQuery() {
        int number = small();
        return one(List.of(
                "SELECT " + number,
                "SELECT 1; SELECT " + number,
                "SELECT 1; SELECT 1/0; SELECT 2",
                "SELEC " + number,
                "",
                ";",
                "/* nothing */",
                "BEGIN",
                "BEGIN",
                "COMMIT",
                "COMMIT",
                "ROLLBACK",
                "COMMIT AND CHAIN",
                "START TRANSACTION READ ONLY",
                "BEGIN; SELECT " + number + "; COMMIT",
                "BEGIN; INSERT INTO t VALUES (90, 'gone'); ROLLBACK; SELECT count(*)::int FROM t",
                "SAVEPOINT s",
                "ROLLBACK TO s",
                "RELEASE s",
                "INSERT INTO t VALUES (" + number + ", 'new')",
                "DELETE FROM t WHERE a = " + number,
                "UPDATE t SET b = b || 'x' WHERE a = " + number + " RETURNING b",
                "SELECT count(*)::int, max(b) FROM t",
                "SELECT * FROM t ORDER BY a",
                "SELECT repeat('x', 20000)",
                "SELECT generate_series(1, 500)",
                "SHOW TimeZone",
                "SET TimeZone = '" + zone() + "'",
                "SET LOCAL TimeZone = '" + zone() + "'",
                "SET DateStyle = 'German'",
                "SET application_name = 'fuzz " + number + "'",
                "RESET TimeZone",
                "SET TimeZone TO DEFAULT",
                "RESET ALL; SET search_path = " + own,
                "SHOW search_path",
                "SELECT set_config('work_mem', '" + (number + 1) + "MB', false)",
                "SHOW work_mem",
                "SET my.own = '" + number + "'",
                "SELECT nullif(current_setting('my.own', true), '')",
                "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
                "PREPARE q AS SELECT $1::int + " + number,
                "EXECUTE q(3)",
                "DEALLOCATE q",
                "DEALLOCATE s1",
                "DEALLOCATE ALL",
                "DISCARD PLANS",
                "DISCARD TEMP",
                "DISCARD ALL; SET search_path = " + own,
                "DISCARD ALL",
                "SET search_path = " + own,
                "DECLARE c CURSOR FOR SELECT generate_series(1, 5)",
                "DECLARE h CURSOR WITH HOLD FOR SELECT generate_series(1, 5)",
                "FETCH 2 c",
                "FETCH 2 h",
                "CLOSE c",
                "CLOSE ALL",
                "LISTEN " + own,
                "UNLISTEN *",
                "NOTIFY " + own + ", 'news'",
                "CREATE TEMP TABLE temporary(a int)",
                "CREATE TEMP TABLE IF NOT EXISTS short(a int) ON COMMIT DROP",
                "SELECT * FROM temporary",
                "DROP TABLE temporary",
                "SELECT pg_advisory_lock(hashtext('" + own + "'))",
                "SELECT pg_advisory_unlock(hashtext('" + own + "'))",
                "SELECT pg_advisory_unlock_all()",
                "SELECT pg_advisory_xact_lock(hashtext('" + own + "'))",
                "SET ROLE pg_monitor",
                "RESET ROLE",
                "SELECT current_user",
                "DO $$ BEGIN RAISE NOTICE 'noticed %', " + number + "; END $$",
                "COPY t TO STDOUT",
                "COPY (SELECT generate_series(1, 300)) TO STDOUT",
                "ALTER TABLE t ALTER COLUMN b SET DEFAULT 'none'",
                "ALTER TABLE t ALTER COLUMN b DROP DEFAULT",
                "EXPLAIN (COSTS OFF) SELECT 1"));
    }

    private Turn copyIn() {
        List<byte[]> messages = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        messages.add(Wire.query("COPY t(a, b) FROM STDIN"));
        for (int i = small(); i > 0; i--) {
            String line = random.nextInt(12) == 0 ? "not a number\tx\n" : (100 + random.nextInt(100)) + "\trow\n";
            lines.add(line.strip());
            messages.add(Wire.copyData(line));
        }
        boolean fails = random.nextInt(4) == 0;
        messages.add(fails ? Wire.copyFail("changed my mind") : Wire.copyDone());
        return new Turn(messages, "Q COPY t FROM STDIN " + lines + (fails ? " fail" : " done"), false);
    }

    private Turn batch() {
        List<byte[]> messages = new ArrayList<>();
        List<String> told = new ArrayList<>();
        for (int i = 1 + random.nextInt(LONGEST_BATCH); i > 0; i--) {
            one(ELEMENTS).draw(this, messages, told);
        }
        messages.add(Wire.sync());
        return new Turn(messages, String.join(" ", told) + " S", reachesBack(told));
    }

    private static boolean reachesBack(List<String> told) {
        Set<String> bound = new HashSet<>();
        for (String element : told) {
            if (element.startsWith("B")) {
                bound.add(element.substring(2, element.indexOf(',')));
            } else if (element.startsWith("E") && !bound.contains(element.substring(2, element.indexOf(',')))) {
                return true;
            }
        }
        return false;
    }

    /** One part of a batch. */
    private interface Element {
        void draw(Conversation of, List<byte[]> messages, List<String> told);
    }

    private static final List<Element> ELEMENTS = List.of(
            Conversation::whole,
            Conversation::whole,
            Conversation::whole,
            Conversation::parse,
            Conversation::bind,
            Conversation::execute,
            Conversation::describe,
            Conversation::close,
            (_, messages, told) -> {
                messages.add(Wire.flush());
                told.add("H");
            });

    /** What most drivers send. */
    private void whole(List<byte[]> messages, List<String> told) {
        parse(messages, told);
        bind(messages, told);
        if (random.nextBoolean()) {
            describe(messages, told);
        }
        execute(messages, told);
    }

    private void parse(List<byte[]> messages, List<String> told) {
        String name = one(STATEMENTS);
        String sql = extendedQuery();
        if (name.equals("s1") && sql.equals("DEALLOCATE s1")) {
            // A statement that does away with itself would be no use to anybody.
            sql = "DEALLOCATE s2";
        }
        messages.add(Wire.parse(name, sql));
        told.add("P(" + name + ", " + sql + ")");
    }

    private String extendedQuery() {
        Supplier<String> setting = () -> "SET TimeZone = '" + zone() + "'";
        return one(List.of(
                "SELECT " + small(),
                "SELECT generate_series(1, 5)",
                "SELECT * FROM t ORDER BY a",
                "SELECT count(*)::int FROM t",
                "INSERT INTO t SELECT max(a) + 1, 'more' FROM t RETURNING a",
                "BEGIN",
                "COMMIT",
                "ROLLBACK",
                "SELECT 1/0",
                "SELEC",
                "",
                "SHOW TimeZone",
                setting.get(),
                "RESET TimeZone",
                "DEALLOCATE s1",
                "DISCARD PLANS",
                "COPY t TO STDOUT",
                "LISTEN " + own,
                "NOTIFY " + own + ", 'from a batch'",
                "SELECT current_setting('TimeZone')"));
    }

    private void bind(List<byte[]> messages, List<String> told) {
        String portal = one(PORTALS);
        String statement = one(STATEMENTS);
        messages.add(Wire.message('B', Wire.join(Wire.text(portal), Wire.text(statement), new byte[6])));
        told.add("B(" + portal + ", " + statement + ")");
    }

    private void execute(List<byte[]> messages, List<String> told) {
        String portal = one(PORTALS);
        int rows = one(List.of(0, 0, 1, 2));
        messages.add(Wire.message('E', Wire.join(Wire.text(portal), new byte[] {0, 0, 0, (byte) rows})));
        told.add("E(" + portal + ", " + rows + ")");
    }

    private void describe(List<byte[]> messages, List<String> told) {
        named('D', messages, told);
    }

    private void close(List<byte[]> messages, List<String> told) {
        named('C', messages, told);
    }

    private void named(char type, List<byte[]> messages, List<String> told) {
        boolean statement = random.nextBoolean();
        String name = statement ? one(STATEMENTS) : one(PORTALS);
        String text = (statement ? "S" : "P") + name + "\0";
        messages.add(Wire.message(type, text.getBytes(StandardCharsets.UTF_8)));
        told.add(type + "(" + (statement ? "S" : "P") + name + ")");
    }
}
