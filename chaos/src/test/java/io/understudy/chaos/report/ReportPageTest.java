package io.understudy.chaos.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.chaos.report.ChaosReport.AgentFigures;
import io.understudy.chaos.report.ChaosReport.ClientTrack;
import io.understudy.chaos.report.ChaosReport.FaultSpan;
import io.understudy.chaos.report.ChaosReport.Finding;
import io.understudy.chaos.report.ChaosReport.LagPoint;
import io.understudy.chaos.report.ChaosReport.RoutedOutage;
import io.understudy.chaos.report.ChaosReport.Slot;
import io.understudy.chaos.report.ChaosReport.TenureSpan;
import io.understudy.chaos.report.ChaosReport.UncausedFault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

final class ReportPageTest {

    private static final String HOSTILE =
            "</script><script>alert(1)</script>\"'&<b>\u0000\u001b\uD800]]>--><img src=x>";
    private static final int LARGEST_BYTES = 5_000_000;

    @TempDir
    Path folder = Path.of("");

    @Test
    void aKeptRunSaysSoAndHowToRunItAgain() throws Exception {
        Document page = Pages.parsed(ReportPage.render(SampleRuns.kept(5, 11)));
        assertThat(Pages.elements(page, "h1").getFirst().getTextContent()).isEqualTo("✔ Every promise kept");
        assertThat(Pages.ofClass(page, "broken")).isEmpty();
        assertThat(Pages.ofClass(page, "facts").getFirst().getTextContent())
                .contains("Modesemi-sync", "Seed7", "Commit4d0a8da+ (sources changed since)", "Lasted5 min");
        assertThat(Pages.elements(page, "code").getFirst().getTextContent())
                .isEqualTo("chaos/run --mode semi-sync --seed 7 --minutes 5 --faults 11");
    }

    @Test
    void brokenPromisesComeBeforeEverythingElse() throws Exception {
        Document page = Pages.parsed(ReportPage.render(SampleRuns.broken(SampleRuns.kept(5, 11))));
        Element first = (Element) Pages.elements(page, "main")
                .getFirst()
                .getElementsByTagName("*")
                .item(0);
        assertThat(first.getAttribute("class")).isEqualTo("verdict broken");
        assertThat(first.getTextContent())
                .startsWith("✘ Promises broken: 2 findings")
                .contains("no acknowledged write is lost", "48211", "no write is there twice", "at 2:00.0");
        assertThat(Pages.elements(page, "title").getFirst().getTextContent()).contains("Promises broken");
        assertThat(Pages.ofClass(page, "found"))
                .as("lines through the timeline")
                .hasSize(2);
        assertThat(Pages.ofClass(page, "figure").stream()
                        .filter(figure -> figure.getAttribute("class").equals("figure bad"))
                        .map(Element::getTextContent))
                .satisfiesExactly(
                        lost -> assertThat(lost).startsWith("✘ 3lost"),
                        doubled -> assertThat(doubled).startsWith("✘ 1doubled"));
    }

    @Test
    void ofManyFindingsTheRestIsCounted() throws Exception {
        ChaosReport one = hostile("plain", 0);
        Document page = Pages.parsed(ReportPage.render(
                with(one, Collections.nCopies(1_234, one.findings().getFirst()))));
        assertThat(Pages.byId(page, "findings").getElementsByTagName("li").getLength())
                .isEqualTo(Headline.FINDINGS_SHOWN + 1);
        assertThat(Pages.byId(page, "findings").getTextContent()).endsWith("and 1,134 more, in the run's JSON file");
    }

    @Test
    void aRunWithoutAWriteDoesNotBoast() throws Exception {
        Document page = Pages.parsed(ReportPage.render(SampleRuns.empty()));
        assertThat(Pages.ofClass(page, "kept")).isEmpty();
        assertThat(Pages.ofClass(page, "verdict").getFirst().getTextContent())
                .startsWith("? Nothing put to the test")
                .contains("No write was acknowledged in this run");
        assertThat(page.getDocumentElement().getTextContent())
                .contains(
                        "No fault was caused.",
                        "There was no such fault.",
                        "There was no primary.",
                        "There was no outage.",
                        "No client ran.")
                .contains("No agent was measured.");
        assertThat(Pages.ofClass(page, "outage")).isEmpty();
    }

    @Test
    void hostileTextStaysText() throws Exception {
        String html = ReportPage.render(hostile(HOSTILE, 30_000));
        Document page = Pages.parsed(html);
        assertThat(Pages.elements(page, "script")).hasSize(1);
        assertThat(Pages.elements(page, "img")).isEmpty();
        assertThat(Pages.elements(page, "b")).as("the figures' own").hasSameSizeAs(Pages.ofClass(page, "figure"));
        String shown =
                HOSTILE.replace('\u0000', '\uFFFD').replace('\u001b', '\uFFFD').replace('\uD800', '\uFFFD');
        assertThat(Pages.ofClass(page, "findings").getFirst().getTextContent()).contains(shown);
        assertThat(Pages.elements(page, "code").getFirst().getTextContent()).isEqualTo(shown);
        assertThat(Pages.byId(page, "fault-1").getTextContent()).contains(shown);
        assertThat(html).doesNotContain("<script>alert").doesNotContain("\u0000");
    }

    @Test
    void everyFaultIsInTheTableAndEachLeadsToTheOther() throws Exception {
        ChaosReport report = SampleRuns.kept(60, 150);
        Document page = Pages.parsed(ReportPage.render(report));
        List<String> targets = Pages.elements(page, "a").stream()
                .map(link -> link.getAttribute("href"))
                .toList();
        for (FaultSpan fault : report.faults()) {
            assertThat(Pages.byId(page, "fault-" + fault.number()).getTextContent())
                    .contains(fault.fault(), fault.text(), Amounts.at(fault.fromMillis()));
            assertThat(Pages.byId(page, "bar-" + fault.number()).getAttribute("href"))
                    .isEqualTo("#fault-" + fault.number());
            assertThat(targets).contains("#bar-" + fault.number());
        }
    }

    @Test
    void aFaultThatCouldNotBeCausedIsToldWithWhatWasFound() throws Exception {
        ChaosReport report = SampleRuns.kept(5, 11);
        assertThat(report.uncaused()).isNotEmpty();
        String text =
                Pages.parsed(ReportPage.render(report)).getDocumentElement().getTextContent();
        for (UncausedFault fault : report.uncaused()) {
            assertThat(text).contains(Amounts.at(fault.atMillis()) + fault.fault() + fault.why());
        }
    }

    @Test
    void writesThroughRoutersAreToldBesideTheirBound() throws Exception {
        assertThat(routed(new RoutedOutage(9_000, 8_000, Optional.empty()))).endsWith("✘ 9.00 s of at most 8.00 s");
        assertThat(routed(new RoutedOutage(7_000, 8_000, Optional.empty())))
                .endsWith("7.00 s of at most 8.00 s")
                .doesNotContain("✘");
        assertThat(routed(new RoutedOutage(9_000, 8_000, Optional.of("it stood still"))))
                .endsWith("9.00 s of at most 8.00 s, not judged: it stood still")
                .doesNotContain("✘");
    }

    private static String routed(RoutedOutage outage) throws Exception {
        Markup out = new Markup().open("main");
        FaultTables.each(
                out,
                List.of(new FaultSpan(
                        1,
                        "host-killed",
                        List.of("node-a"),
                        "killed",
                        5,
                        50,
                        Optional.of(1L),
                        Optional.of(2L),
                        Optional.of(outage))));
        return Pages.byId(Pages.parsed(out.close().finish()), "fault-1").getTextContent();
    }

    @Test
    void everyChangeOfPrimaryIsToldWithItsRule() throws Exception {
        ChaosReport report = SampleRuns.kept(5, 11);
        assertThat(report.tenures()).hasSizeGreaterThan(2);
        String text =
                Pages.parsed(ReportPage.render(report)).getDocumentElement().getTextContent();
        for (TenureSpan tenure : report.tenures()) {
            assertThat(text).contains(tenure.rule() + tenure.reason());
        }
        assertThat(text)
                .contains(report.tenures().get(0).node() + " → "
                        + report.tenures().get(1).node());
    }

    @Test
    void anHourWithManyFaultsStaysSmallAndIsWrittenWhole() throws Exception {
        Path file = folder.resolve("out/report.html");
        ReportPage.write(file, SampleRuns.kept(60, 150));
        assertThat(Files.size(file)).isBetween(100_000L, (long) LARGEST_BYTES);
        assertThat(Files.readString(file)).endsWith("</html>\n");
        Document page = Pages.parsed(Files.readString(file));
        assertThat(Pages.byId(page, "lanes").getAttribute("width")).isEqualTo("13500");
        assertThat(Pages.byId(page, "overview")).isNotNull();
    }

    @Test
    void theWorstHourOfSlotsStaysSmallToo() {
        Slot busy = new Slot(Integer.MAX_VALUE / 64, 99_999, 99_999);
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < 36_000; i++) {
            slots.add(i % 8 < 4 ? busy : new Slot(0, 0, 0));
        }
        ChaosReport report = withClients(
                SampleRuns.kept(60, 150), Collections.nCopies(8, new ClientTrack("c", "ids", "primary", 100, slots)));
        assertThat(ReportPage.render(report).getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(LARGEST_BYTES);
    }

    @Test
    void thePageNeedsNothingButItself() throws Exception {
        Document page = Pages.parsed(ReportPage.render(SampleRuns.kept(5, 11)));
        assertThat(Pages.elements(page, "link")).isEmpty();
        assertThat(Pages.elements(page, "*"))
                .noneMatch(element -> element.hasAttribute("src"))
                .filteredOn(element -> element.hasAttribute("href"))
                .allMatch(element -> element.getAttribute("href").startsWith("#"));
        assertThat(Pages.elements(page, "style").getFirst().getTextContent()).doesNotContain("url(", "@import");
    }

    /** One of everything, with the same words everywhere. */
    private static ChaosReport hostile(String words, long lastsMillis) {
        ChaosReport empty = SampleRuns.empty();
        return new ChaosReport(
                words,
                words,
                -1,
                words,
                List.of(words),
                Instant.EPOCH,
                lastsMillis,
                empty.totals(),
                List.of(
                        new FaultSpan(
                                1,
                                words,
                                List.of(words),
                                words,
                                5,
                                50,
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of(new RoutedOutage(3, 4, Optional.of(words)))),
                        new FaultSpan(
                                2, words, List.of(), words, 5, 50, Optional.of(1L), Optional.of(2L), Optional.empty())),
                List.of(new UncausedFault(words, 5, words)),
                List.of(new TenureSpan(1, words, words, words, words, 0, Optional.empty())),
                List.of(),
                List.of(new LagPoint(words, 10, 10)),
                List.of(new ClientTrack(words, words, words, 500, List.of(new Slot(1, 2, 3)))),
                List.of(new AgentFigures(words, words, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
                List.of(new Finding(words, words, 7)));
    }

    private static ChaosReport with(ChaosReport was, List<Finding> findings) {
        return new ChaosReport(
                was.commit(),
                was.command(),
                was.seed(),
                was.mode(),
                was.nodes(),
                was.beganAt(),
                was.lastedMillis(),
                was.totals(),
                was.faults(),
                was.uncaused(),
                was.tenures(),
                was.outages(),
                was.lag(),
                was.clients(),
                was.agents(),
                findings);
    }

    private static ChaosReport withClients(ChaosReport was, List<ClientTrack> clients) {
        return new ChaosReport(
                was.commit(),
                was.command(),
                was.seed(),
                was.mode(),
                was.nodes(),
                was.beganAt(),
                was.lastedMillis(),
                was.totals(),
                was.faults(),
                was.uncaused(),
                was.tenures(),
                was.outages(),
                was.lag(),
                clients,
                was.agents(),
                was.findings());
    }
}
