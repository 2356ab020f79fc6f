package io.understudy.chaos.steps;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ProbeTest {

    @ParameterizedTest
    @EnumSource
    void theMethodIsThereAndIsTheOnlyOneOfItsKind(Probe probe) throws ClassNotFoundException {
        Class<?> type = Class.forName(probe.type(), false, getClass().getClassLoader());

        List<Method> found = Arrays.stream(type.getDeclaredMethods())
                .filter(method -> method.getName().equals(probe.method()))
                .filter(method -> method.getParameterCount() == probe.parameters())
                .toList();

        assertThat(found).hasSize(1);
    }
}
