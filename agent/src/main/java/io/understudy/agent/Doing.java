package io.understudy.agent;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an agent does and why, in one line that people read in reports and {@link #of} takes apart again.
 *
 * @param failed what came of the last tries of this step, empty when none failed
 */
public record Doing(String rule, String reason, Optional<String> failed) {

    private static final Pattern LINE = Pattern.compile("(?s)([^:]*): (.*?)(?: \\[(tried .*)])?");

    public String line() {
        return rule + ": " + reason + failed.map(words -> " [" + words + "]").orElse("");
    }

    /** Reads what {@link #line} writes; anything else is all reason. */
    public static Doing of(String line) {
        Matcher parts = LINE.matcher(line);
        return parts.matches()
                ? new Doing(parts.group(1), parts.group(2), Optional.ofNullable(parts.group(3)))
                : new Doing("", line, Optional.empty());
    }
}
