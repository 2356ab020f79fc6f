package io.understudy.router.sql;

import io.understudy.router.sql.Mention.Kind;
import io.understudy.router.sql.Mention.Span;
import io.understudy.router.sql.StatementRewriter.Reading;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads one text, statement by statement, as far as PostgreSQL's grammar (src/backend/parser/gram.y) is needed to tell where names stand. */
final class MentionParser {

    private final String sql;
    private final SqlLexer lexer;
    private final List<Mention> mentions = new ArrayList<>();
    private int statements;

    // Of the statement being read.
    private int start;
    private int lastEnd;
    private int parentheses;
    private final Blocks blocks = new Blocks();

    MentionParser(String sql) {
        this.sql = sql;
        this.lexer = new SqlLexer(sql);
    }

    Reading read() {
        advance();
        while (!isOver()) {
            if (lexer.is(';')) {
                advance();
                continue;
            }
            statement();
            statements++;
        }
        return lexer.kind() == SqlLexer.Kind.BROKEN ? Reading.REFUSED : new Reading(statements, mentions);
    }

    private void statement() {
        start = lexer.start();
        lastEnd = start;
        parentheses = 0;
        blocks.begin();
        if (lexer.is("explain")) {
            explain();
        }
        Found found = null;
        if (take("prepare")) {
            found = prepare();
        } else if (take("execute")) {
            found = name(Kind.EXECUTE);
        } else if (take("deallocate")) {
            found = deallocate();
        } else if (lexer.is("create")) {
            found = createTableAs();
        }
        toEnd();
        if (found != null) {
            add(found);
        }
    }

    /** What was seen of a mention before the end of its statement is known. */
    private record Found(
            Kind kind, String name, Span token, @Nullable Span types, int body) {}

    private void add(Found found) {
        mentions.add(new Mention(
                found.kind,
                found.name,
                found.token,
                statements,
                new Span(start, lastEnd),
                found.types,
                found.kind == Kind.PREPARE ? new Span(found.body, lastEnd) : null));
    }

    private void explain() {
        advance();
        if (lexer.is('(')) {
            parenthesised();
        } else {
            while (lexer.is("analyze") || lexer.is("analyse") || lexer.is("verbose")) {
                advance();
            }
        }
    }

    /** {@code PREPARE name [(types)] AS ...}; PREPARE TRANSACTION has a string instead. */
    private @Nullable Found prepare() {
        Found found = name(Kind.PREPARE);
        Span types = lexer.is('(') ? parenthesised() : null;
        if (found == null || !take("as") || isAtEnd()) {
            return null;
        }
        return new Found(Kind.PREPARE, found.name, found.token, types, lexer.start());
    }

    /** The word PREPARE behind DEALLOCATE is a name when nothing follows. */
    private @Nullable Found deallocate() {
        if (lexer.is("prepare")) {
            Found itself = name(Kind.DEALLOCATE);
            if (isAtEnd()) {
                return itself;
            }
        }
        if (lexer.is("all")) {
            Span token = new Span(lexer.start(), lexer.end());
            advance();
            return new Found(Kind.DEALLOCATE_ALL, "", token, null, 0);
        }
        return name(Kind.DEALLOCATE);
    }

    /** {@code CREATE ... TABLE ... AS EXECUTE name}: what matters is the first AS outside of parentheses. */
    private @Nullable Found createTableAs() {
        boolean table = false;
        while (!isAtEnd()) {
            if (parentheses == 0 && lexer.is("as")) {
                advance();
                return table && take("execute") ? name(Kind.EXECUTE) : null;
            }
            table |= parentheses == 0 && lexer.is("table");
            advance();
        }
        return null;
    }

    private @Nullable Found name(Kind kind) {
        return switch (lexer.kind()) {
            case WORD, QUOTED -> {
                Found found = new Found(kind, lexer.name(), new Span(lexer.start(), lexer.end()), null, 0);
                advance();
                yield found;
            }
            case UNICODE -> unicodeName(kind);
            case STRING, NUMBER, PARAMETER, SYMBOL, END, BROKEN -> null;
        };
    }

    /** With the UESCAPE that may follow, which is part of the name. */
    private Found unicodeName(Kind kind) {
        int from = lexer.start();
        String name = lexer.name();
        String raw = sql.substring(from + 3, lexer.end() - 1).replace("\"\"", "\"");
        int end = lexer.end();
        advance();
        if (take("uescape")
                && lexer.kind() == SqlLexer.Kind.STRING
                && lexer.text().length() == 3) {
            name = Names.cut(Names.unescape(raw, lexer.text().charAt(1)));
            end = lexer.end();
            advance();
        }
        return new Found(kind, name, new Span(from, end), null, 0);
    }

    /** Passes from an opening parenthesis behind the closing one; what is between. */
    private Span parenthesised() {
        int outside = parentheses;
        int from = lexer.end();
        int end = from;
        advance();
        while (parentheses > outside && !isOver()) {
            end = lexer.start();
            advance();
        }
        return new Span(from, Math.max(from, end));
    }

    private boolean take(String word) {
        boolean found = lexer.is(word);
        if (found) {
            advance();
        }
        return found;
    }

    private void toEnd() {
        while (!isAtEnd()) {
            advance();
        }
    }

    /** Passes the token, counting what keeps a semicolon from ending the statement. */
    private void advance() {
        if (lexer.is('(')) {
            parentheses++;
        } else if (lexer.is(')') && parentheses > 0) {
            parentheses--;
        }
        blocks.pass(lexer, parentheses);
        lastEnd = lexer.end();
        lexer.next();
    }

    private boolean isAtEnd() {
        return isOver() || lexer.is(';') && parentheses == 0 && !blocks.isOpen();
    }

    private boolean isOver() {
        return lexer.kind() == SqlLexer.Kind.END || lexer.kind() == SqlLexer.Kind.BROKEN;
    }

    /** {@code BEGIN ATOMIC ... END} of a function or procedure holds semicolons, as psql knows it (src/fe_utils/psqlscan.l). */
    private static final class Blocks {
        private static final int OPENING_WORDS = 4;

        private int words;
        private boolean create;
        private boolean routine;
        private int depth;

        void begin() {
            words = 0;
            create = false;
            routine = false;
            depth = 0;
        }

        void pass(SqlLexer lexer, int parentheses) {
            if (lexer.kind() != SqlLexer.Kind.WORD) {
                return;
            }
            words++;
            if (words == 1) {
                create = lexer.is("create");
            } else if (create && words <= OPENING_WORDS) {
                routine |= lexer.is("function") || lexer.is("procedure");
            }
            if (routine && parentheses == 0 && lexer.is("begin") || depth > 0 && lexer.is("case")) {
                depth++;
            } else if (depth > 0 && lexer.is("end")) {
                depth--;
            }
        }

        boolean isOpen() {
            return depth > 0;
        }
    }
}
