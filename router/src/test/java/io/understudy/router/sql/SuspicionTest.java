package io.understudy.router.sql;

import static io.understudy.router.sql.Suspicion.ADVISORY;
import static io.understudy.router.sql.Suspicion.IS_COMMIT;
import static io.understudy.router.sql.Suspicion.PREPARED;
import static io.understudy.router.sql.Suspicion.SET_CONFIG;
import static io.understudy.router.sql.Suspicion.SET_SEED;
import static io.understudy.router.sql.Suspicion.TEMPORARY;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SuspicionTest {

    private static final Map<String, Integer> SUSPECTS = Map.ofEntries(
            Map.entry("create temp table x (a int)", TEMPORARY),
            Map.entry("create/**/temporary sequence x", TEMPORARY),
            Map.entry("select 1 into temp\"x\"", TEMPORARY),
            Map.entry("create table pg_temp.x (a int)", TEMPORARY),
            Map.entry("create table \"pg_temp_3\".x (a int)", TEMPORARY),
            Map.entry("temp", TEMPORARY),
            Map.entry("select pg_advisory_lock(1)", ADVISORY),
            Map.entry("select pg_catalog.pg_try_advisory_lock_shared(1, 2)", ADVISORY),
            Map.entry("select pg_catalog.set_config('a.b', 'c', false)", SET_CONFIG),
            Map.entry("select \"set_config\"('a.b', 'c', false)", SET_CONFIG),
            Map.entry("select setseed(0.5)", SET_SEED),
            Map.entry("prepare a as select 1", PREPARED),
            Map.entry("prepare\"a\"as select 1", PREPARED),
            Map.entry("select 1;execute a", PREPARED),
            Map.entry("explain (costs off)execute a(1)", PREPARED),
            Map.entry("/* x */ deallocate all", PREPARED),
            Map.entry("deallocate prepare a", PREPARED),
            Map.entry("commit", IS_COMMIT),
            Map.entry(" ; -- done\n /* a /* b */ */end;", IS_COMMIT),
            Map.entry("select u&\"\\0073et_config\"('a.b', 'c', false)", TEMPORARY | ADVISORY | SET_CONFIG | SET_SEED));

    @Test
    void wordsThatMatterAreFoundWhateverTheirCaseAndWhereverTheyStand() {
        SUSPECTS.forEach((sql, flags) -> {
            for (int shift = 0; shift < 9; shift++) {
                String moved = " ".repeat(shift) + sql;
                assertThat(flags(moved)).as(moved).isEqualTo(flags);
                assertThat(flags(moved.toUpperCase(Locale.ROOT))).as(moved).isEqualTo(flags);
                assertThat(flags(moved + " ".repeat(shift))).as(moved).isEqualTo(flags);
            }
        });
    }

    @Test
    void ordinaryStatementsRaiseNoFlag() {
        for (String sql : new String[] {
            "",
            "-",
            "/* commit",
            "-- commit",
            "select abalance from pgbench_accounts where aid = $1",
            "select template, temperature, attempt, mytemp from executes, prepared, prepare_x, reset_config, deallocated",
            "begin",
            "ends",
            "select a &\"b\" from t where u & 1 = 1",
            "insert into seed values ('adviser')",
        }) {
            assertThat(flags(sql)).as(sql).isZero();
        }
    }

    @Test
    void onlyTheBytesThatAreGivenCount() {
        ByteBuf sql = Unpooled.directBuffer().writeBytes("temp select 1 temp".getBytes(StandardCharsets.US_ASCII));
        assertThat(Suspicion.of(sql, 5, 8)).isZero();
        assertThat(Suspicion.of(sql, 0, 4)).isEqualTo(TEMPORARY);
        assertThat(Suspicion.of(sql, 5, 13)).isEqualTo(TEMPORARY);
        assertThat(sql.readerIndex()).isZero();
        sql.release();
    }

    private static int flags(String sql) {
        return Suspicion.of(sql.getBytes(StandardCharsets.UTF_8));
    }
}
