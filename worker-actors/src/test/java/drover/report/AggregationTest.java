package drover.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import drover.client.ReportView;
import drover.client.ReportView.ClusterView;
import drover.client.ReportView.RateView;
import drover.job.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class AggregationTest {
    @Property(tries = 200)
    void everythingIsAsWhenItIsCountedAgain(
            @ForAll long seed,
            @ForAll @IntRange(max = 300) int jobs,
            @ForAll @IntRange(min = 1, max = 180) int minutes,
            @ForAll @IntRange(max = 5) int node,
            @ForAll @IntRange(max = 4) int model) {
        ReportJobs making = new ReportJobs(seed);
        List<Job> all = IntStream.range(0, jobs)
                .mapToObj(i -> ReportJobs.job(making.life("j" + i)))
                .toList();
        Instant to = ReportJobs.NOON.plus(Duration.ofMinutes(3));
        Instant from = to.minus(Duration.ofMinutes(minutes));
        Optional<String> onlyNode = node < 4 ? Optional.of("gpu" + node) : Optional.empty();
        Optional<String> onlyModel = model < 3 ? Optional.of("model" + model) : Optional.empty();

        Aggregation aggregation = new Aggregation(from, to, onlyNode, onlyModel);
        all.forEach(aggregation::add);
        ReportView report = aggregation.view();

        new Recount(all, from, to, onlyNode, onlyModel).check(report);
    }

    /** Values of the interval as tables of it give them. */
    @Example
    void theIntervalIsWilsons() {
        assertRate(Wilson.rate(0, 10), 0, 0.2775);
        assertRate(Wilson.rate(5, 10), 0.2366, 0.7634);
        assertRate(Wilson.rate(10, 10), 0.7225, 1);
        assertRate(Wilson.rate(81, 263), 0.2553, 0.3662);
        assertRate(Wilson.rate(0, 0), 0, 1);
    }

    private static void assertRate(RateView rate, double low, double high) {
        assertThat(rate.low()).isCloseTo(low, within(0.0001));
        assertThat(rate.high()).isCloseTo(high, within(0.0001));
    }

    @Example
    void aNodeThatFailsIsFoundAndOneWithLittleToShowIsNot() {
        Clusters clusters = new Clusters();
        Configuration any = new Configuration("m", "1 MP", "1 to 10", "k_euler", List.of());
        for (int i = 0; i < 400; i++) {
            boolean bad = i % 4 == 0;
            clusters.add(bad ? "gpu1" : "gpu0", any, i % 8 == 0 || i == 1);
            clusters.endOfJob();
        }
        for (int i = 0; i < 3; i++) {
            clusters.add("gpu2", any, true);
            clusters.endOfJob();
        }

        List<ClusterView> nodes = clusters.view().stream()
                .filter(it -> it.dimension().equals("node"))
                .toList();
        assertThat(nodes)
                .extracting(it -> it.value() + " " + it.verdict())
                .containsExactly("gpu1 clear", "gpu2 too_few", "gpu0 not_more");
        assertThat(nodes.getFirst().shareOfFailures()).isCloseTo(50 / 54.0, within(1e-9));
        assertThat(nodes.getFirst().shareOfAttempts()).isCloseTo(100 / 403.0, within(1e-9));
        // There is one model only: that it has all the failures says nothing.
        assertThat(clusters.view()).noneMatch(it -> it.dimension().equals("model"));
    }

    @Example
    void manyFailuresOfOneJobSayNothingAboutTheNode() {
        Clusters clusters = new Clusters();
        Configuration any = new Configuration("m", "1 MP", "1 to 10", "k_euler", List.of());
        for (int i = 0; i < 100; i++) {
            clusters.add("gpu0", any, false);
            clusters.endOfJob();
        }
        for (int i = 0; i < 30; i++) {
            clusters.add("gpu1", any, true);
        }
        clusters.endOfJob();

        assertThat(clusters.view())
                .filteredOn(it -> it.value().equals("gpu1"))
                .singleElement()
                .satisfies(it -> {
                    assertThat(it.failedJobs()).isEqualTo(1);
                    assertThat(it.verdict()).isEqualTo("too_few");
                });
    }

    @Example
    void memoryIsBoundedHoweverManyNamesThereAre() {
        Aggregation aggregation =
                new Aggregation(Instant.MIN.plusSeconds(1), Instant.MAX, Optional.empty(), Optional.empty());
        assertThat(aggregation.view().nodes()).isEmpty();

        Groups groups = new Groups();
        Job job = ReportJobs.job(new ReportJobs(7).life("j"));
        for (long seed = 8; job.attempts().isEmpty(); seed++) {
            job = ReportJobs.job(new ReportJobs(seed).life("j"));
        }
        for (int i = 0; i < 10_000; i++) {
            groups.add(
                    "node" + i,
                    job,
                    job.attempts().getFirst(),
                    new Ending(ReportJobs.NOON.plusSeconds(900), Ending.Kind.SUCCEEDED));
            groups.endOfJob();
        }
        assertThat(groups.view()).hasSize(Groups.MOST + 1).anySatisfy(group -> {
            assertThat(group.name()).isEqualTo(Groups.OTHERS);
            assertThat(group.counts().jobs()).isEqualTo(10_000 - Groups.MOST);
        });
    }
}
