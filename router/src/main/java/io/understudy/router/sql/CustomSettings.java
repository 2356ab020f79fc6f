package io.understudy.router.sql;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The settings of applications' own (with a dot in the name, such as {@code my.user}) that a text may set. PostgreSQL lists them nowhere, not in
 * pg_settings either, so that their names have to be known to ask for their values.
 *
 * @param names in lower case; may hold names that are no settings, which does no harm
 * @param others whether the text may set some whose names it does not say, as {@code set_config($1, ...)} does
 */
public record CustomSettings(Set<String> names, boolean others) {

    /** Of a text that sets none. */
    public static final CustomSettings NONE = new CustomSettings(Set.of(), false);

    private static final Pattern SET_CONFIG = Pattern.compile("set_config", Pattern.CASE_INSENSITIVE);

    /** Longer ones are not remembered by name: in SET, each part of a name has at most 63 bytes. */
    private static final int LONGEST_NAME = 256;

    // Texts in texts: DO with a function's body in it with a command for EXECUTE in it.
    private static final int DEEPEST = 4;

    public CustomSettings {
        names = Set.copyOf(names);
    }

    /** Reads a query's text, decoded as ISO-8859-1; strings in it are read as texts too. */
    public static CustomSettings of(String sql) {
        Reader reader = new Reader();
        reader.read(sql, 0);
        return new CustomSettings(reader.names, reader.others);
    }

    private static final class Reader {
        private final Set<String> names = new TreeSet<>();
        private boolean others;

        void read(String sql, int depth) {
            SqlLexer lexer = new SqlLexer(sql);
            lexer.next();
            while (lexer.kind() != SqlLexer.Kind.END && lexer.kind() != SqlLexer.Kind.BROKEN) {
                if (lexer.is("set") || lexer.is("reset")) {
                    set(lexer);
                } else if (isName(lexer) && lexer.name().equals("set_config")) {
                    setConfig(lexer);
                } else {
                    if (lexer.kind() == SqlLexer.Kind.STRING) {
                        string(lexer.text(), depth);
                    }
                    lexer.next();
                }
            }
        }

        private void set(SqlLexer lexer) {
            lexer.next();
            if (lexer.is("session") || lexer.is("local")) {
                lexer.next();
            }
            StringBuilder name = new StringBuilder();
            while (isName(lexer)) {
                name.append(lexer.name());
                lexer.next();
                if (!lexer.is('.')) {
                    break;
                }
                name.append('.');
                lexer.next();
            }
            add(name.toString());
        }

        private void setConfig(SqlLexer lexer) {
            if (lexer.next() == SqlLexer.Kind.SYMBOL && lexer.is('(')) {
                lexer.next();
            }
            String text = lexer.kind() == SqlLexer.Kind.STRING ? lexer.text() : "";
            if (text.startsWith("'")) {
                lexer.next();
                if (lexer.is(',') || lexer.is(':')) {
                    add(text.substring(1, text.length() - 1));
                    return;
                }
            }
            others |= !endsWithTrue(lexer);
        }

        /** Whether the last argument says that the setting ends with the transaction. */
        private static boolean endsWithTrue(SqlLexer lexer) {
            boolean isTrue = false;
            int depth = 0;
            while (lexer.kind() != SqlLexer.Kind.END && lexer.kind() != SqlLexer.Kind.BROKEN) {
                if (lexer.is(')') && depth-- == 0) {
                    return isTrue;
                }
                depth += lexer.is('(') ? 1 : 0;
                isTrue = lexer.is("true") && depth == 0;
                lexer.next();
            }
            return false;
        }

        private void string(String text, int depth) {
            int opening = text.startsWith("$") ? text.indexOf('$', 1) + 1 : text.indexOf('\'') + 1;
            String inner = text.substring(opening, text.length() - (text.startsWith("$") ? opening : 1));
            if (depth < DEEPEST) {
                read(inner.replace("''", "'"), depth + 1);
            } else {
                others |= SET_CONFIG.matcher(inner).find();
            }
        }

        private void add(String name) {
            if (name.length() > LONGEST_NAME) {
                others = true;
            } else if (name.indexOf('.') > 0) {
                names.add(AsciiCase.lower(name));
            }
        }

        private static boolean isName(SqlLexer lexer) {
            return switch (lexer.kind()) {
                case WORD, QUOTED, UNICODE -> true;
                case STRING, NUMBER, PARAMETER, SYMBOL, END, BROKEN -> false;
            };
        }
    }
}
