package io.understudy.chaos.report;

import static io.understudy.chaos.report.TimeAxis.px;

import io.understudy.chaos.report.ChaosReport.ClientTrack;
import io.understudy.chaos.report.ChaosReport.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What one client saw, in three strips that place as well as colour tells apart: above, what was acknowledged, stronger
 * for more; in the middle, what was refused; below, what stayed unknown. Nothing is drawn where nothing was answered.
 * Slots narrower than a pixel are drawn several at a time.
 */
final class ClientLane implements Lane {

    private static final int LEVELS = 4;
    private static final double ACKNOWLEDGED = 14;
    private static final double OTHER = 5;

    private final ClientTrack track;
    private final long columnMillis;
    private final List<Slot> columns;

    ClientLane(ClientTrack track, TimeAxis axis) {
        this.track = track;
        long slotMillis = Math.max(1, track.slotMillis());
        int together = (int) Math.clamp(Math.ceil(axis.millisPerPixel() / slotMillis), 1, 1 << 20);
        this.columnMillis = slotMillis * together;
        this.columns = columns(track.slots(), together);
    }

    @Override
    public String group() {
        return "What clients saw";
    }

    @Override
    public String name() {
        return track.client();
    }

    @Override
    public String note() {
        return track.workload() + ", " + track.through();
    }

    @Override
    public double height() {
        return ACKNOWLEDGED + 2 * OTHER + 8;
    }

    @Override
    public void draw(Markup svg, TimeAxis axis) {
        svg.open(
                "g",
                "class",
                "client",
                "data-name",
                track.client(),
                "data-step",
                Long.toString(columnMillis),
                "data-columns",
                columns.stream().map(ClientLane::written).collect(Collectors.joining(" ")));
        svg.empty("rect", "class", "hit", "x", "0", "y", "0", "width", px(axis.width()), "height", px(height()));
        int usual = usual();
        for (int level = 1; level <= LEVELS; level++) {
            int wanted = level;
            strip(svg, axis, "ack a" + level, 3, ACKNOWLEDGED, slot -> level(slot, usual) == wanted);
        }
        strip(svg, axis, "refused", 3 + ACKNOWLEDGED, OTHER, slot -> slot.refused() > 0);
        strip(svg, axis, "unknown", 3 + ACKNOWLEDGED + OTHER, OTHER, slot -> slot.unknown() > 0);
        svg.close().line();
    }

    /** One path for all columns of one kind, a stroke for each uninterrupted run of them: an hour stays small. */
    private void strip(Markup svg, TimeAxis axis, String kind, double top, double thick, Predicate<Slot> wanted) {
        StringBuilder path = new StringBuilder();
        for (int from = 0; from < columns.size(); ) {
            int to = from;
            while (to < columns.size() && wanted.test(columns.get(to))) {
                to++;
            }
            if (to > from) {
                double x = axis.x(from * columnMillis);
                path.append('M').append(px(x)).append(' ').append(px(top + thick / 2));
                path.append('H').append(px(Math.max(x + 1, axis.x(to * columnMillis))));
            }
            from = Math.max(to, from + 1);
        }
        if (!path.isEmpty()) {
            svg.empty("path", "class", kind, "stroke-width", px(thick), "d", path.toString());
        }
    }

    /** The median of the columns in which something was acknowledged: more than three quarters of it get the full colour. */
    private int usual() {
        int[] some = columns.stream()
                .mapToInt(Slot::acknowledged)
                .filter(count -> count > 0)
                .sorted()
                .toArray();
        return some.length == 0 ? 1 : some[some.length / 2];
    }

    private static int level(Slot slot, int usual) {
        return slot.acknowledged() <= 0
                ? 0
                : (int) Math.clamp(Math.ceil((double) LEVELS * slot.acknowledged() / usual), 1, LEVELS);
    }

    private static List<Slot> columns(List<Slot> slots, int together) {
        List<Slot> columns = new ArrayList<>();
        for (int from = 0; from < slots.size(); from += together) {
            List<Slot> part = slots.subList(from, Math.min(slots.size(), from + together));
            columns.add(new Slot(
                    part.stream().mapToInt(Slot::acknowledged).sum(),
                    part.stream().mapToInt(Slot::refused).sum(),
                    part.stream().mapToInt(Slot::unknown).sum()));
        }
        return columns;
    }

    private static String written(Slot slot) {
        return slot.refused() == 0 && slot.unknown() == 0
                ? Integer.toString(slot.acknowledged())
                : slot.acknowledged() + "," + slot.refused() + "," + slot.unknown();
    }
}
