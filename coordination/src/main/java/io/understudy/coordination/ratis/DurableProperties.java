package io.understudy.coordination.ratis;

import java.io.IOException;
import java.io.StringReader;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Properties;

/** Small files of named values that survive a loss of power, whole or not at all. */
final class DurableProperties {
    private DurableProperties() {}

    static Properties read(Path file) throws IOException {
        Properties found = new Properties();
        found.load(new StringReader(Files.readString(file, StandardCharsets.UTF_8)));
        return found;
    }

    /** On return the file is on disk; a crash before leaves the former one. */
    static void write(Path file, Map<String, String> values) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException("The file " + file + " is in no directory, expected one");
        }
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        Files.writeString(temporary, text(values), StandardCharsets.UTF_8);
        sync(temporary, StandardOpenOption.WRITE);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(directory, StandardOpenOption.READ);
    }

    static String text(Map<String, String> values) {
        StringBuilder out = new StringBuilder();
        values.forEach((key, value) ->
                out.append(key).append('=').append(escaped(value)).append('\n'));
        return out.toString();
    }

    /** Properties escape: names may hold backslashes or start with blanks. */
    private static String escaped(String value) {
        StringBuilder out = new StringBuilder();
        for (char c : value.toCharArray()) {
            if (c == '\\' || c < ' ' || c > '~' || (c == ' ' && out.isEmpty())) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static void sync(Path path, StandardOpenOption option) throws IOException {
        try (FileChannel channel = FileChannel.open(path, option)) {
            channel.force(true);
        }
    }
}
