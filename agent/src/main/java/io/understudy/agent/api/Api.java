package io.understudy.agent.api;

import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Version, paths and JSON settings of the agent's HTTP API. Instants are ISO 8601 text; what is absent is {@code null} or
 * left out; a client ignores fields that it does not know.
 */
public final class Api {

    /** Every answer carries it. Fields may be added within a version; none changes its meaning. */
    public static final int VERSION = 1;

    public static final String CLUSTER = "/v1/cluster";
    public static final String HISTORY = "/v1/history";
    public static final String EVENTS = "/v1/events";
    public static final String SWITCHOVER = "/v1/switchover";
    public static final String MODE = "/v1/mode";
    public static final String NODE = "/v1/node";
    /**
     * Whether this node is the primary. With {@link #KNOWN} and {@link #SECONDS} the answer comes as soon as that is another epoch than
     * the known one, at the latest after so many seconds (1 to 5).
     */
    public static final String PRIMARY = "/v1/primary";

    /** Parameter of {@link #PRIMARY}: the epoch of which the node was primary when last asked, 0 when it was not. */
    public static final String KNOWN = "known";

    /** Parameter of {@link #PRIMARY}: how long to wait for news. */
    public static final String SECONDS = "seconds";

    public static final String METRICS = "/metrics";

    /** {@code /v1/quarantine/ID/open}, {@code …/close} and {@code /v1/quarantine/ID} are below it. */
    public static final String QUARANTINE = "/v1/quarantine";

    private Api() {}

    /** Reads and writes these records. Thread-safe; make one and keep it. */
    public static JsonMapper json() {
        return JsonMapper.builder()
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
                .enable(SerializationFeature.INDENT_OUTPUT)
                .build();
    }
}
