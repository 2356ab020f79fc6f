package io.understudy.router.admin;

/** In which format each column is wanted, as Bind says it: none for text, one for all, or one each. */
record Formats(short... codes) {
    static final Formats TEXT = new Formats();

    int of(int column) {
        return switch (codes.length) {
            case 0 -> 0;
            case 1 -> codes[0];
            default -> column < codes.length ? codes[column] : 0;
        };
    }
}
