package io.understudy.router.front;

import io.understudy.protocol.postgres.MessageFields;
import java.util.LinkedHashMap;
import java.util.Map;

/** A client is not let in: what it is told, and what only the log is told. Nothing secret is in either. */
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    static final String PROTOCOL_VIOLATION = "08P01";
    static final String NOT_SUPPORTED = "0A000";
    static final String INVALID_AUTHORIZATION = "28000";
    static final String INVALID_PASSWORD = "28P01";
    static final String INVALID_VALUE = "22023";
    static final String TOO_MANY = "53300";
    static final String CANNOT_CONNECT_NOW = "57P03";
    static final String CANCELLED = "57014";

    private final transient MessageFields fields;
    private final String forLog;

    private RefusedException(MessageFields fields, String forLog) {
        super(fields.message());
        this.fields = fields;
        this.forLog = forLog;
    }

    static RefusedException of(String sqlState, String message) {
        return new RefusedException(MessageFields.of("FATAL", sqlState, message), "");
    }

    RefusedException hint(String hint) {
        return with('H', hint);
    }

    RefusedException detail(String detail) {
        return with('D', detail);
    }

    private RefusedException with(char type, String text) {
        Map<Character, String> all = new LinkedHashMap<>(fields.byType());
        all.put(type, text);
        return new RefusedException(new MessageFields(all), forLog);
    }

    /** More than the client may know. */
    RefusedException forLog(String more) {
        return new RefusedException(fields, more);
    }

    MessageFields fields() {
        return fields;
    }

    /** One line, whatever the client put into the names it sent. */
    String logLine() {
        String all = forLog.isEmpty() ? fields.toString() : fields + " -- " + forLog;
        return all.replaceAll("\\p{Cntrl}", "?");
    }
}
