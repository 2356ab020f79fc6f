package io.understudy.chaos.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.chaos.report.ChaosReport.ClientTrack;
import io.understudy.chaos.report.ChaosReport.LagPoint;
import io.understudy.chaos.report.ChaosReport.OutageSpan;
import io.understudy.chaos.report.ChaosReport.Slot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

final class TimelineTest {

    /** Ten pixels a second. */
    private static final TimeAxis AXIS = new TimeAxis(60_000, 10);

    @Test
    void aShortRunFillsThePageAndALongOneScrolls() {
        assertThat(TimeAxis.of(SampleRuns.kept(2, 4)).width()).isBetween(1_100.0, 1_400.0);
        assertThat(TimeAxis.of(SampleRuns.kept(60, 150)).pixelsPerSecond()).isEqualTo(TimeAxis.LEAST);
        assertThat(TimeAxis.of(SampleRuns.kept(24 * 60, 1)).width()).isLessThanOrEqualTo(TimeAxis.WIDEST + 1);
        assertThat(TimeAxis.of(SampleRuns.empty()).pixelsPerSecond()).isEqualTo(TimeAxis.MOST);
    }

    @Test
    void ticksAreRoundAndFarEnoughApart() {
        assertThat(AXIS.ticks()).startsWith(0L, 10_000L, 20_000L).endsWith(60_000L);
        assertThat(new TimeAxis(3_600_000, 4).ticks()).startsWith(0L, 30_000L).hasSize(121);
    }

    @Test
    void noLabelOfAFaultTouchesTheNext() throws Exception {
        for (ChaosReport report : List.of(SampleRuns.kept(2, 4), SampleRuns.kept(60, 150), SampleRuns.kept(5, 60))) {
            Document page = Pages.parsed(ReportPage.render(report));
            assertThat(Pages.ofClass(page, "label"))
                    .hasSizeGreaterThanOrEqualTo(report.faults().size());
            apart(Pages.ofClass(page, "label"), 0);
            apart(Pages.ofClass(page, "outage-label"), 0.5);
        }
    }

    /** Of the labels in one line, each ends before the next one begins. */
    private static void apart(List<Element> labels, double leftOfItsPlace) {
        Map<String, List<Element>> lines = labels.stream().collect(Collectors.groupingBy(TimelineTest::line));
        for (List<Element> line : lines.values()) {
            double free = -1;
            for (Element label : line.stream()
                    .sorted(Comparator.comparingDouble(TimelineTest::x))
                    .toList()) {
                double width = Lane.widthOf(label.getTextContent());
                double from = x(label) - leftOfItsPlace * width;
                assertThat(from).as(label.getTextContent()).isGreaterThan(free);
                free = from + width;
            }
        }
    }

    private static String line(Element label) {
        Element lane = (Element) label.getParentNode();
        while (!lane.hasAttribute("transform")) {
            lane = (Element) lane.getParentNode();
        }
        return lane.getAttribute("transform") + " " + label.getAttribute("y");
    }

    private static double x(Element label) {
        return Double.parseDouble(label.getAttribute("x"));
    }

    @Test
    void faultsAtTheSameTimeStandBelowEachOther() {
        Rows rows = new Rows();
        assertThat(rows.place(0, 10)).isEqualTo(0);
        assertThat(rows.place(5, 8)).isEqualTo(1);
        assertThat(rows.place(9, 20)).isEqualTo(1);
        assertThat(rows.place(10, 12)).isEqualTo(0);
        assertThat(rows.count()).isEqualTo(2);
    }

    @Test
    void anOutageIsAsWideAsItWasLong() throws Exception {
        Markup out = new Markup().open("svg");
        OutageLane.bands(out, List.of(new OutageSpan(10_000, 12_500)), AXIS, 300);
        Element band =
                Pages.elements(Pages.parsed(out.close().finish()), "rect").getFirst();
        assertThat(band.getAttribute("x")).isEqualTo("100");
        assertThat(band.getAttribute("width")).isEqualTo("25");
        assertThat(band.getAttribute("height")).isEqualTo("300");
        assertThat(band.getTextContent()).contains("2.50 s", "0:10.0 to 0:12.5");
    }

    @Test
    void aClientsStripsShowEachAnswerInItsOwnPlace() throws Exception {
        Document strips = drawn(new ClientLane(
                new ClientTrack(
                        "ids-1",
                        "ids",
                        "primary",
                        1_000,
                        List.of(
                                new Slot(40, 0, 0),
                                new Slot(40, 0, 0),
                                new Slot(0, 0, 0),
                                new Slot(0, 3, 0),
                                new Slot(5, 0, 1))),
                AXIS));
        assertThat(path(strips, "a4")).isEqualTo("M0 10H20");
        assertThat(path(strips, "a1")).isEqualTo("M40 10H50");
        assertThat(path(strips, "refused")).isEqualTo("M30 19.5H40");
        assertThat(path(strips, "unknown")).isEqualTo("M40 24.5H50");
        assertThat(Pages.ofClass(strips, "a2")).isEmpty();
        assertThat(Pages.ofClass(strips, "client").getFirst().getAttribute("data-columns"))
                .isEqualTo("40 40 0 0,3,0 5,0,1");
    }

    @Test
    void slotsNarrowerThanAPixelAreSummed() throws Exception {
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            slots.add(new Slot(1, i == 3 ? 1 : 0, 0));
        }
        Document strips = drawn(new ClientLane(new ClientTrack("c", "ids", "primary", 10, slots), AXIS));
        assertThat(Pages.ofClass(strips, "client").getFirst().getAttribute("data-columns"))
                .isEqualTo("10,1,0 10 5");
        assertThat(Pages.ofClass(strips, "client").getFirst().getAttribute("data-step"))
                .isEqualTo("100");
    }

    @Test
    void lagHasNoLineWhereNothingWasTold() throws Exception {
        List<LagPoint> points = List.of(
                new LagPoint("b", 1_000, 0),
                new LagPoint("b", 2_000, 1L << 20),
                new LagPoint("a", 2_500, 7),
                new LagPoint("b", 20_000, 0),
                new LagPoint("b", 21_000, 0));
        LagLane lane = new LagLane("b", points);
        assertThat(path(drawn(lane), "lag")).isEqualTo("M10 57h.1L20 7M200 57h.1L210 57");
        assertThat(lane.marks()).extracting(Lane.Mark::label).containsExactly("0", "32 KiB", "1 MiB");
        assertThat(lane.note()).isEqualTo("at most 1 MiB");
    }

    @Test
    void ofManyPointsInOnePixelTheHighestIsDrawn() throws Exception {
        LagLane lane = new LagLane(
                "b",
                List.of(new LagPoint("b", 1_000, 5), new LagPoint("b", 1_040, 1L << 20), new LagPoint("b", 1_090, 9)));
        assertThat(path(drawn(lane), "lag")).isEqualTo("M10.4 7h.1");
    }

    private static Document drawn(Lane lane) throws Exception {
        Markup out = new Markup().open("svg");
        lane.draw(out, AXIS);
        return Pages.parsed(out.close().finish());
    }

    private static String path(Document drawing, String kind) {
        return Pages.ofClass(drawing, kind).getFirst().getAttribute("d");
    }
}
