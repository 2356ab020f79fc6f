package io.understudy.coordination;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSync;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.TimelineId;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** Seeded values of the records that the ledger is made of, filled by their declared types. */
final class AnyRecord {

    private final Random random;

    AnyRecord(long seed) {
        random = new Random(seed);
    }

    <T> T of(Class<T> type) {
        return type.cast(value(type));
    }

    private Object value(Type type) {
        if (type instanceof ParameterizedType generic) {
            return container(generic);
        }
        Class<?> wanted = (Class<?>) type;
        if (wanted.isSealed()) {
            Class<?>[] choices = wanted.getPermittedSubclasses();
            return value(choices[random.nextInt(choices.length)]);
        }
        if (wanted.isEnum()) {
            Object[] constants = wanted.getEnumConstants();
            return constants[random.nextInt(constants.length)];
        }
        return scalar(wanted).orElseGet(() -> record(wanted));
    }

    private Object container(ParameterizedType generic) {
        Type[] of = generic.getActualTypeArguments();
        Class<?> raw = (Class<?>) generic.getRawType();
        if (raw == Optional.class) {
            return random.nextBoolean() ? Optional.of(value(of[0])) : Optional.empty();
        }
        int size = random.nextInt(4);
        if (raw == Map.class) {
            Map<Object, Object> map = new HashMap<>();
            for (int i = 0; i < size; i++) {
                map.put(value(of[0]), value(of[1]));
            }
            return map;
        }
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            list.add(value(of[0]));
        }
        return raw == Set.class ? Set.copyOf(list) : list;
    }

    private Optional<Object> scalar(Class<?> type) {
        long positive = random.nextLong() >>> 1;
        return Optional.ofNullable(
                switch (type.getSimpleName()) {
                    case "long", "Long" -> random.nextLong();
                    case "int" -> random.nextInt();
                    case "boolean" -> random.nextBoolean();
                    case "String" -> "text \"" + random.nextInt() + "\" é\n";
                    case "Duration" -> Duration.ofNanos(random.nextInt());
                    case "Instant" -> Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
                    case "NodeId" -> new NodeId("n" + random.nextInt(5));
                    case "Incarnation" -> new Incarnation("life-" + random.nextInt(100));
                    case "Epoch" -> new Epoch(positive);
                    case "Position" -> new Position(positive);
                    case "TimelineId" -> new TimelineId(1 + random.nextInt(1000));
                    case "Endpoint" -> new Endpoint("host" + random.nextInt(9), 1 + random.nextInt(65_000));
                    case "Settings" ->
                        new Settings(
                                (ReplicationMode) value(ReplicationMode.class),
                                1 + random.nextInt(3),
                                1,
                                (Settings.OnShortage) value(Settings.OnShortage.class),
                                Duration.ofMillis(1_000 + random.nextInt(3_000)),
                                positive);
                    case "InSyncConfiguration" -> configuration();
                    case "InSync" -> inSync();
                    default -> null;
                });
    }

    private InSyncConfiguration configuration() {
        return switch (random.nextInt(4)) {
            case 0 -> InSyncConfiguration.async();
            case 1 -> InSyncConfiguration.degraded(ReplicationMode.SYNC);
            case 2 -> InSyncConfiguration.sync(List.of(of(Member.class)));
            default -> InSyncConfiguration.semiSync(1, List.of(of(Member.class), of(Member.class)));
        };
    }

    private InSync inSync() {
        InSync from = InSync.NOTHING_YET;
        return random.nextBoolean() ? from : from.towards(configuration());
    }

    private Object record(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        if (components == null) {
            throw new AssertionError("No value of " + type + " can be made");
        }
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = value(components[i].getGenericType());
        }
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException impossible) {
            throw new AssertionError(type + " was not made", impossible);
        }
    }
}
