package io.understudy.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.router.sql.Mention.Kind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StatementRewriterTest {

    @Test
    void everyStatementThatNamesOneIsFound() {
        assertThat(found("PREPARE a AS select 1")).containsExactly("0 PREPARE a");
        assertThat(found("prepare a(int, text) as select $1, $2")).containsExactly("0 PREPARE a");
        assertThat(found("execute a")).containsExactly("0 EXECUTE a");
        assertThat(found("execute a(1, ';')")).containsExactly("0 EXECUTE a");
        assertThat(found("explain execute a")).containsExactly("0 EXECUTE a");
        assertThat(found("explain analyze verbose execute a")).containsExactly("0 EXECUTE a");
        assertThat(found("explain (analyze, costs off) execute a(1)")).containsExactly("0 EXECUTE a");
        assertThat(found("create table t as execute a")).containsExactly("0 EXECUTE a");
        assertThat(found("create global temp table if not exists s.t (x, y) with (fillfactor = 70) on commit drop"
                        + " tablespace b as execute a(1) with no data"))
                .containsExactly("0 EXECUTE a");
        assertThat(found("explain create unlogged table t as execute a")).containsExactly("0 EXECUTE a");
        assertThat(found("deallocate a")).containsExactly("0 DEALLOCATE a");
        assertThat(found("deallocate prepare a")).containsExactly("0 DEALLOCATE a");
        assertThat(found("deallocate prepare")).containsExactly("0 DEALLOCATE prepare");
        assertThat(found("deallocate all;")).containsExactly("0 DEALLOCATE_ALL ");
        assertThat(found("deallocate prepare all")).containsExactly("0 DEALLOCATE_ALL ");
        assertThat(found("deallocate \"all\"")).containsExactly("0 DEALLOCATE all");
        assertThat(found("prepare transaction as select 1")).containsExactly("0 PREPARE transaction");
    }

    @Test
    void whatOnlyLooksLikeItIsLeftAlone() {
        for (String sql : List.of(
                "select 'prepare a as select 1'",
                "select 1 /* ; execute a */",
                "select 1 -- ; execute a",
                "select $$;execute a$$, $x$;execute $$ b$x$",
                "select E'\\';execute a;'",
                "select e'x'\n-- more\n'\\';execute a;'",
                "select \";execute a\"",
                "select a as execute from b",
                "create table t as select a as execute from b",
                "create materialized view v as execute a",
                "prepare transaction 'x'",
                "commit prepared 'x'",
                "grant execute on function f to a",
                "create trigger t before insert on a execute function f()",
                "create function f() returns int begin atomic select case when true then 1 end; execute a; end",
                "create rule r as on insert to a do (select 1; execute a)",
                "do $$begin execute 'select 1'; end$$",
                "execute",
                "deallocate",
                "prepare",
                "prepare a",
                "")) {
            assertThat(found(sql)).as(sql).isEmpty();
        }
    }

    @Test
    void textThatTheServerRefusesForItsQuotesHoldsNothing() {
        for (String end : List.of("'", "\"", "/*", "/* /* */", "$$ $", "$a$ $$", "e'\\'", "\"\"", "u&\"")) {
            String sql = "execute a; select " + end;
            assertThat(StatementRewriter.read(sql)).as(sql).isEqualTo(StatementRewriter.Reading.REFUSED);
        }
    }

    @Test
    void namesAreWhatTheServerStores() {
        assertThat(found("execute \"A\"\"b\"")).containsExactly("0 EXECUTE A\"b");
        assertThat(found("execute Ab$1")).containsExactly("0 EXECUTE ab$1");
        assertThat(found("execute " + "x".repeat(70))).containsExactly("0 EXECUTE " + "x".repeat(63));
        assertThat(found("execute U&\"d\\0061t\\+000061\"")).containsExactly("0 EXECUTE data");
        assertThat(found("execute U&\"d!0061t!!\" uescape '!'")).containsExactly("0 EXECUTE dat!");
        String bytes = new String("ÄB".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(found("execute " + bytes)).containsExactly("0 EXECUTE " + bytes.replace('B', 'b'));
        String cut =
                new String("x".repeat(62).concat("ä").getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(found("execute " + cut)).containsExactly("0 EXECUTE " + "x".repeat(62));
    }

    @Test
    void severalStatementsAreCountedWithoutEmptyOnes() {
        String sql = ";; prepare a as select 1; ; select 2; execute a ;deallocate a; -- end";
        assertThat(StatementRewriter.read(sql).statements()).isEqualTo(4);
        assertThat(found(sql)).containsExactly("0 PREPARE a", "2 EXECUTE a", "3 DEALLOCATE a");
        assertThat(StatementRewriter.mentions(sql).get(1).text().of(sql)).isEqualTo("execute a");
    }

    @Test
    void aParameterNamedBeginOpensNoBlock() {
        assertThat(found("create function f(begin int) returns int language sql as 'select 1'; execute a"))
                .containsExactly("1 EXECUTE a");
    }

    @Test
    void partsOfPrepareAreGiven() {
        String sql = "/**/prepare \"a b\" (int, numeric(3,2)) as select ($1 + 1) -- one\n;";
        Mention mention = StatementRewriter.mentions(sql).getFirst();
        assertThat(mention.token().of(sql)).isEqualTo("\"a b\"");
        assertThat(Objects.requireNonNull(mention.types()).of(sql)).isEqualTo("int, numeric(3,2)");
        assertThat(Objects.requireNonNull(mention.body()).of(sql)).isEqualTo("select ($1 + 1)");
        assertThat(mention.text().of(sql)).isEqualTo("prepare \"a b\" (int, numeric(3,2)) as select ($1 + 1)");
    }

    @Test
    void onlyNamesAreReplaced() {
        String sql = "prepare\"A\"as select 'A';EXECUTE/**/\"A\";deallocate all;execute b";
        assertThat(StatementRewriter.rewrite(
                        sql, mention -> mention.name().equals("A") ? Optional.of("understudy_7") : Optional.empty()))
                .isEqualTo("prepare\"understudy_7\"as select 'A';EXECUTE/**/\"understudy_7\";deallocate all;execute b");
        assertThat(StatementRewriter.rewrite(sql, mention -> Optional.empty())).isSameAs(sql);
        assertThat(StatementRewriter.rewrite(
                        sql, mention -> mention.kind() == Kind.EXECUTE ? Optional.of("q\"") : Optional.empty()))
                .isEqualTo("prepare\"A\"as select 'A';EXECUTE/**/\"q\"\"\";deallocate all;execute \"q\"\"\"");
    }

    @Test
    void anyTextIsReadToItsEnd() {
        String pieces = "'\"$a1;()/*-\\ eEuU&bx.\n\u00e4";
        String[] words = {
            "prepare ", "execute ", "deallocate ", "all", " as ", "create table ", "explain ", "begin ", "$$", "u&\""
        };
        for (int seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            StringBuilder sql = new StringBuilder();
            for (int i = random.nextInt(20); i >= 0; i--) {
                if (random.nextInt(3) == 0) {
                    sql.append(words[random.nextInt(words.length)]);
                } else {
                    sql.append(pieces.charAt(random.nextInt(pieces.length())));
                }
            }
            for (Mention mention : StatementRewriter.mentions(sql.toString())) {
                assertThat(mention.token().start())
                        .isBetween(mention.text().start(), mention.token().end());
                assertThat(mention.token().end())
                        .as("seed " + seed)
                        .isLessThanOrEqualTo(mention.text().end());
                assertThat(mention.text().end()).isLessThanOrEqualTo(sql.length());
            }
        }
    }

    private static List<String> found(String sql) {
        return StatementRewriter.mentions(sql).stream()
                .map(mention -> mention.statement() + " " + mention.kind() + " " + mention.name())
                .toList();
    }
}
