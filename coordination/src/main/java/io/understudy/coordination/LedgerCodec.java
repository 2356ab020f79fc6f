package io.understudy.coordination;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.command.Command;
import io.understudy.core.reconciler.LocalObservation;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.KeyDeserializer;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/**
 * Ledger messages as JSON in a versioned envelope: {@code {"version": 1, "message": {"type": "Change", …}}}. Strict: what
 * this version does not know is an error, because copies that skip different fields would come to different states.
 */
final class LedgerCodec {

    /** Of the envelope and everything in it. */
    static final int VERSION = 1;

    private record Envelope(int version, LedgerMessage message) {}

    private record VersionOnly(int version) {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, property = "type")
    private interface Named {}

    private final JsonMapper json = JsonMapper.builder()
            .changeDefaultVisibility(found -> found.withGetterVisibility(Visibility.NONE)
                    .withIsGetterVisibility(Visibility.NONE)
                    .withFieldVisibility(Visibility.ANY))
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .addMixIn(LedgerMessage.class, Named.class)
            .addMixIn(Command.class, Named.class)
            .addMixIn(LocalObservation.Data.class, Named.class)
            .addMixIn(LocalObservation.Server.class, Named.class)
            .addModule(scalars())
            .build();

    private final JsonMapper lenient = json.rebuild()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    byte[] encode(LedgerMessage message) {
        return json.writeValueAsBytes(new Envelope(VERSION, message));
    }

    /** @throws IllegalArgumentException if the bytes are not a message of this version; it says what they are */
    LedgerMessage decode(byte[] bytes) {
        try {
            int version = version(bytes);
            if (version != VERSION) {
                throw new IllegalArgumentException("a ledger message of version " + version
                        + " arrived, expected version " + VERSION + ": run the same release on every node");
            }
            return json.readValue(bytes, Envelope.class).message();
        } catch (JacksonException malformed) {
            throw new IllegalArgumentException(
                    "a ledger message of " + bytes.length + " bytes cannot be read, expected version " + VERSION + ": "
                            + malformed.getOriginalMessage(),
                    malformed);
        }
    }

    /** What this version writes says its version first; anything else is read whole for it. */
    private int version(byte[] bytes) {
        try (JsonParser parser = json.createParser(bytes)) {
            return parser.nextToken() == JsonToken.START_OBJECT
                            && "version".equals(parser.nextName())
                            && parser.nextToken() == JsonToken.VALUE_NUMBER_INT
                    ? parser.getIntValue()
                    : lenient.readValue(bytes, VersionOnly.class).version();
        }
    }

    /** Decodes a message of one type; any other is an error. */
    <T extends LedgerMessage> T decode(byte[] bytes, Class<T> type) {
        LedgerMessage message = decode(bytes);
        if (!type.isInstance(message)) {
            throw new IllegalArgumentException("a ledger message "
                    + message.getClass().getSimpleName() + " arrived, expected " + type.getSimpleName());
        }
        return type.cast(message);
    }

    private static SimpleModule scalars() {
        SimpleModule module = new SimpleModule("cluster-values");
        number(module, Epoch.class, Epoch::number, Epoch::new);
        number(module, Position.class, Position::value, Position::new);
        number(module, MonotonicTime.class, MonotonicTime::nanos, MonotonicTime::new);
        number(module, TimelineId.class, TimelineId::number, value -> new TimelineId(Math.toIntExact(value)));
        text(module, NodeId.class, NodeId::name, NodeId::new);
        text(module, Incarnation.class, Incarnation::nonce, Incarnation::new);
        module.addKeyDeserializer(NodeId.class, new KeyDeserializer() {
            @Override
            public Object deserializeKey(String key, DeserializationContext context) {
                return new NodeId(key);
            }
        });
        return module;
    }

    private static <T> void number(
            SimpleModule module, Class<T> type, ToLongFunction<T> write, Function<Long, T> read) {
        module.addSerializer(type, new ValueSerializer<T>() {
            @Override
            public void serialize(T value, JsonGenerator to, SerializationContext context) {
                to.writeNumber(write.applyAsLong(value));
            }
        });
        module.addDeserializer(type, new ValueDeserializer<T>() {
            @Override
            public T deserialize(JsonParser from, DeserializationContext context) {
                return read.apply(from.getLongValue());
            }
        });
    }

    private static <T> void text(
            SimpleModule module, Class<T> type, Function<T, String> write, Function<String, T> read) {
        module.addSerializer(type, new ValueSerializer<T>() {
            @Override
            public void serialize(T value, JsonGenerator to, SerializationContext context) {
                to.writeString(write.apply(value));
            }
        });
        module.addDeserializer(type, new ValueDeserializer<T>() {
            @Override
            public T deserialize(JsonParser from, DeserializationContext context) {
                return read.apply(from.getString());
            }
        });
    }
}
