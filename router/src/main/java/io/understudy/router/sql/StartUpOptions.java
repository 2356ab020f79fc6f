package io.understudy.router.sql;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The start-up parameter {@code options}: a command line's arguments, read as the server reads them (pg_split_opts and
 * process_postgres_switches of src/backend). Only those that make settings are followed.
 */
final class StartUpOptions {

    private StartUpOptions() {}

    /** Settings by lower-case name; the last of a name counts. */
    static Map<String, String> parse(String options) throws SettingRefusedException {
        Map<String, String> settings = new LinkedHashMap<>();
        List<String> words = split(options);
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("-c") && i + 1 < words.size()) {
                i++;
                add(settings, "-c " + words.get(i), words.get(i));
            } else if ((word.startsWith("-c") || word.startsWith("--")) && word.length() > 2) {
                add(settings, word, word.substring(2));
            } else {
                throw new SettingRefusedException(
                        "0A000",
                        "switch \"%s\" in start-up parameter \"options\" is not supported by the router; write \"-c name=value\""
                                .formatted(word));
            }
        }
        return settings;
    }

    private static void add(Map<String, String> settings, String written, String assignment)
            throws SettingRefusedException {
        int equals = assignment.indexOf('=');
        if (equals <= 0) {
            throw new SettingRefusedException(
                    "42601",
                    "switch \"%s\" in start-up parameter \"options\" needs a name and a value; write \"-c name=value\""
                            .formatted(written));
        }
        String name = AsciiCase.lower(assignment.substring(0, equals).replace('-', '_'));
        settings.put(name, assignment.substring(equals + 1));
    }

    /** At white space; a backslash takes the next character as it is. */
    private static List<String> split(String options) {
        List<String> words = new ArrayList<>();
        int at = 0;
        while (at < options.length()) {
            if (SqlLexer.isSpace(options.charAt(at))) {
                at++;
                continue;
            }
            StringBuilder word = new StringBuilder();
            for (; at < options.length() && !SqlLexer.isSpace(options.charAt(at)); at++) {
                if (options.charAt(at) == '\\') {
                    at++;
                }
                if (at < options.length()) {
                    word.append(options.charAt(at));
                }
            }
            words.add(word.toString());
        }
        return words;
    }
}
