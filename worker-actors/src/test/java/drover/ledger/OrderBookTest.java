package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.inference.JobId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestDatabase.class)
@ExtendWith(Postgres.Shared.class)
class OrderBookTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00.123456Z");

    private final TestDatabase kind;
    private final TestProbe<OrderBook.Kept> kept = KIT.createTestProbe();

    @TempDir
    private Path folder;

    private LedgerSettings settings;

    OrderBookTest(TestDatabase kind) {
        this.kind = kind;
    }

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    @BeforeEach
    void choose(Postgres server) {
        settings = kind.fresh(folder, server);
    }

    static Order order(String id, int pictures) {
        return new Order(
                new JobId(id),
                "worker",
                "model",
                T0,
                T0.plusSeconds(150),
                "{\"as\": \"it came\"}",
                IntStream.range(0, pictures)
                        .mapToObj(i -> Order.Part.open(id + "-" + i))
                        .toList());
    }

    private static ActorRef<OrderBook.Command> book(LedgerDatabase database) {
        return KIT.spawn(OrderBook.create(database, () -> T0));
    }

    private void put(ActorRef<OrderBook.Command> book, Order order) {
        book.tell(new OrderBook.Put(order, kept.ref()));
        kept.expectMessage(new OrderBook.Kept(order.job()));
    }

    private static List<Order> open(ActorRef<OrderBook.Command> book) {
        TestProbe<OrderBook.Open> asker = KIT.createTestProbe();
        book.tell(new OrderBook.GetOpen(asker.ref()));
        return asker.receiveMessage().orders();
    }

    private static Optional<Order> find(ActorRef<OrderBook.Command> book, String job) {
        TestProbe<OrderBook.Found> asker = KIT.createTestProbe();
        book.tell(new OrderBook.Find(new JobId(job), asker.ref()));
        return asker.receiveMessage().order();
    }

    private static List<Earning> earnings(ActorRef<OrderBook.Command> book) {
        TestProbe<OrderBook.Earnings> asker = KIT.createTestProbe();
        book.tell(new OrderBook.GetEarnings(asker.ref()));
        return asker.receiveMessage().earnings();
    }

    @Test
    void anOrderMayBringItsPicturesAlong() throws LedgerException {
        Order plain = order("a", 1);
        Order withPicture = new Order(
                plain.job(),
                plain.source(),
                plain.model(),
                plain.taken(),
                plain.answerBy(),
                "{\"source_image\": \"" + "UklG".repeat(2 << 20) + "\"}",
                plain.parts());
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            ActorRef<OrderBook.Command> book = book(database);
            put(book, withPicture);
            assertThat(find(book, "a")).contains(withPicture);
        }
    }

    @Test
    void anOrderIsThereUntilEachOfItsPartsIsAnswered() throws LedgerException {
        Order fresh = order("a", 2);
        Order half = fresh.with(0, fresh.parts().get(0).answered(Order.Outcome.GOOD, 12.5))
                .with(1, fresh.parts().get(1).uploaded());
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            ActorRef<OrderBook.Command> book = book(database);
            put(book, fresh);
            assertThat(open(book)).containsExactly(fresh);
            put(book, half);
        }
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            ActorRef<OrderBook.Command> book = book(database);
            assertThat(open(book)).containsExactly(half);
            put(book, half.with(1, half.parts().get(1).answered(Order.Outcome.LATE, 0)));
            assertThat(open(book)).isEmpty();
            Order closed = find(book, "a").orElseThrow();
            assertThat(closed.isClosed()).isTrue();
            assertThat(closed.body())
                    .as("addresses with a permission in them are not kept")
                    .isEmpty();
            assertThat(find(book, "b")).isEmpty();
        }
    }

    @Test
    void whatAnOrderEarnedIsCountedOnce() throws LedgerException {
        Order fresh = order("a", 2);
        Order closed = fresh.with(0, fresh.parts().get(0).answered(Order.Outcome.GOOD, 12.5))
                .with(1, fresh.parts().get(1).answered(Order.Outcome.FAILED, 0));
        Order other = order("b", 1);
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            ActorRef<OrderBook.Command> book = book(database);
            put(book, fresh);
            put(book, closed);
            put(book, closed);
            put(book, other.with(0, other.parts().getFirst().answered(Order.Outcome.GOOD, 0.5)));
            assertThat(earnings(book)).containsExactly(new Earning("worker", "model", 2, 1, 13));
        }
    }

    @Test
    void whatCannotBeWrittenIsWrittenLaterAsItIsThen() throws Exception {
        Order fresh = order("a", 1);
        Order uploaded = fresh.with(0, fresh.parts().getFirst().uploaded());
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            ActorRef<OrderBook.Command> book = book(database);
            TestDatabase.execute(settings, "ALTER TABLE orders RENAME TO elsewhere");
            LoggingTestKit.error("wait for the database").expect(KIT.system(), () -> {
                book.tell(new OrderBook.Put(fresh, kept.ref()));
                return "told";
            });
            book.tell(new OrderBook.Put(uploaded, kept.ref()));
            assertThat(find(book, "a")).contains(uploaded);
            kept.expectNoMessage();
            TestDatabase.execute(settings, "ALTER TABLE elsewhere RENAME TO orders");
            kept.expectMessage(new OrderBook.Kept(fresh.job()));
            kept.expectMessage(new OrderBook.Kept(fresh.job()));
            assertThat(open(book)).containsExactly(uploaded);
        }
    }

    @Test
    void anOrderThatComesWithItsJobCountsAsOpenAndIsWrittenHereOnlyIfNobodyHasSaidSo() throws LedgerException {
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            ActorRef<OrderBook.Command> book = book(database);
            book.tell(new OrderBook.Coming(order("settled", 1)));
            book.tell(new OrderBook.Coming(order("put", 1)));
            book.tell(new OrderBook.Coming(order("forgotten", 1)));
            assertThat(open(book))
                    .containsExactlyInAnyOrder(order("settled", 1), order("put", 1), order("forgotten", 1));
            assertThat(find(book, "forgotten")).contains(order("forgotten", 1));

            book.tell(new OrderBook.Begun(new JobId("settled")));
            Order put = order("put", 1);
            put(book, put.with(0, put.parts().getFirst().uploaded()));
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> database.order(new JobId("forgotten")).isPresent());
            assertThat(database.openOrders())
                    .containsExactlyInAnyOrder(
                            put.with(0, put.parts().getFirst().uploaded()), order("forgotten", 1));
        }
    }
}
