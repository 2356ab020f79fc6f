package io.understudy.core.reconciler;

public final class Reconciler {
    private Reconciler() {}
}
