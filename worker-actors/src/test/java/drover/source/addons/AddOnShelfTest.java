package drover.source.addons;

import static org.assertj.core.api.Assertions.assertThat;

import drover.horde.PresignedUrl;
import drover.setting.Secret;
import drover.source.addons.AddOnShelf.Action;
import drover.source.addons.AddOnStore.Reply;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

class AddOnShelfTest {
    private static final Instant T0 = Instant.parse("2026-11-21T12:00:00Z");
    private static final Instant END = T0.plusSeconds(3_600);
    private static final Path FOLDER = Path.of("loras");

    private final AddOnLeases leases = new AddOnLeases(AddOn.LORA);
    private AddOnShelf shelf = new AddOnShelf(settings(100, 80), leases, List.of());
    private final TestInbox<Reply> inbox = TestInbox.create();
    private Instant now = T0;

    static AddOnSettings settings(long cache, long most) {
        return new AddOnSettings(
                AddOn.LORA, FOLDER, URI.create("https://civitai.invalid"), Secret.NONE, cache, 0, most, 2, false);
    }

    static AddOnVersion version(long number, long bytes, boolean nsfw) {
        return new AddOnVersion(
                number,
                number + 1_000,
                "name" + number,
                "SD 1.5",
                List.of("word"),
                nsfw,
                new PresignedUrl("https://civitai.invalid/" + number),
                OptionalLong.of(bytes),
                Optional.empty());
    }

    private static AddOnName name(long number) {
        return new AddOnName("name" + number, false);
    }

    private AddOnStore.Get want(AddOnName name, boolean nsfw, Instant until) {
        return new AddOnStore.Get(name, nsfw, until, END.isAfter(until) ? END : until, inbox.getRef());
    }

    private List<Action> get(AddOnName name) {
        return get(name, true);
    }

    private List<Action> get(AddOnName name, boolean nsfw) {
        List<Action> actions = new ArrayList<>();
        shelf.get(want(name, nsfw, END), now, actions);
        return actions;
    }

    private List<Action> found(AddOnName name, AddOnSite.Found found) {
        List<Action> actions = new ArrayList<>();
        shelf.found(name, found, now, actions);
        return actions;
    }

    private List<Action> found(long number, long bytes) {
        return found(name(number), new AddOnSite.Found.Here(version(number, bytes, false)));
    }

    private List<Action> here(long number, long bytes) {
        List<Action> actions = new ArrayList<>();
        shelf.fetched(number, new AddOnSite.Fetched.Here(bytes, "sum"), now, actions);
        return actions;
    }

    private List<Action> fails(long number, AddOnProblem problem) {
        List<Action> actions = new ArrayList<>();
        shelf.fetched(number, new AddOnSite.Fetched.Not(problem, "so"), now, actions);
        return actions;
    }

    private List<Action> deleted(long number) {
        List<Action> actions = new ArrayList<>();
        shelf.deleted(number, now, actions);
        return actions;
    }

    private AddOnStore.Lease keep(long number, long bytes) {
        get(name(number));
        assertThat(found(number, bytes)).hasSize(1).first().isInstanceOf(Action.Fetch.class);
        return ready(here(number, bytes)).lease();
    }

    private void release(AddOnStore.Lease lease) {
        shelf.release(lease, now, new ArrayList<>());
    }

    private static Reply.Ready ready(List<Action> actions) {
        assertThat(actions).hasSize(1);
        return (Reply.Ready) ((Action.Answer) actions.getFirst()).reply();
    }

    private static AddOnProblem problem(List<Action> actions) {
        assertThat(actions).hasSize(1);
        return ((Reply.Unavailable) ((Action.Answer) actions.getFirst()).reply()).problem();
    }

    @Test
    void aNameIsLookedUpAndAFileDownloadedOnceForAll() {
        assertThat(get(name(1))).containsExactly(new Action.LookUp(name(1)));
        assertThat(get(new AddOnName(" NAME1 ", false))).isEmpty();
        AddOnName byNumber = new AddOnName("1001", false);
        assertThat(get(byNumber)).containsExactly(new Action.LookUp(byNumber));

        AddOnVersion version = version(1, 50, false);
        assertThat(found(name(1), new AddOnSite.Found.Here(version))).containsExactly(new Action.Fetch(version));
        assertThat(found(byNumber, new AddOnSite.Found.Here(version))).isEmpty();
        assertThat(get(name(1))).isEmpty();

        assertThat(here(1, 50)).hasSize(4).allMatch(action -> action instanceof Action.Answer);
        Reply.Ready again = ready(get(name(1)));
        assertThat(again.path()).isEqualTo(FOLDER.resolve("1.safetensors"));
        assertThat(again.triggerWords()).containsExactly("word");
        assertThat(ready(get(new AddOnName("1", true))).path()).isEqualTo(again.path());
    }

    @Test
    void whatIsKeptIsUsedAgainWithoutAskingForADay() {
        release(keep(1, 50));

        now = T0.plus(AddOnNames.TRUST).minusMillis(1);
        ready(getUntil(name(1), now.plusSeconds(9)));
        now = T0.plus(AddOnNames.TRUST);
        assertThat(get(name(1))).containsExactly(new Action.LookUp(name(1)));
        now = T0.plusSeconds(1);
        assertThat(ready(found(name(1), new AddOnSite.Found.Not(AddOnProblem.UNREACHABLE, "away")))
                        .path())
                .isEqualTo(FOLDER.resolve("1.safetensors"));
    }

    private List<Action> getUntil(AddOnName name, Instant until) {
        List<Action> actions = new ArrayList<>();
        shelf.get(want(name, true, until), now, actions);
        return actions;
    }

    @Test
    void aRefusalIsRememberedForTenMinutesAndAFailureForOne() {
        get(name(1));
        assertThat(problem(found(name(1), new AddOnSite.Found.Not(AddOnProblem.REFUSED, "451"))))
                .isEqualTo(AddOnProblem.REFUSED);
        now = T0.plusSeconds(599);
        assertThat(problem(get(name(1)))).isEqualTo(AddOnProblem.REFUSED);
        now = T0.plusSeconds(600);
        assertThat(get(name(1))).containsExactly(new Action.LookUp(name(1)));

        found(1, 50);
        assertThat(problem(fails(1, AddOnProblem.UNREACHABLE))).isEqualTo(AddOnProblem.UNREACHABLE);
        now = now.plusSeconds(59);
        assertThat(problem(get(name(1)))).isEqualTo(AddOnProblem.UNREACHABLE);
        now = now.plusSeconds(1);
        assertThat(get(name(1))).containsExactly(new Action.LookUp(name(1)));
    }

    @Test
    void aWorkerThatIsSafeForWorkGetsNothingElse() {
        AddOnVersion version = version(1, 50, true);
        get(name(1), false);
        assertThat(problem(found(name(1), new AddOnSite.Found.Here(version)))).isEqualTo(AddOnProblem.NSFW);
        assertThat(problem(get(name(1), false))).isEqualTo(AddOnProblem.NSFW);

        assertThat(get(name(1), true)).containsExactly(new Action.LookUp(name(1)));
        assertThat(found(name(1), new AddOnSite.Found.Here(version))).containsExactly(new Action.Fetch(version));
        assertThat(ready(here(1, 50)).nsfw()).isTrue();
        assertThat(problem(get(name(1), false))).isEqualTo(AddOnProblem.NSFW);
    }

    @Test
    void whatIsTooLargeIsNotDownloaded() {
        get(name(1));
        assertThat(problem(found(1, 81))).isEqualTo(AddOnProblem.TOO_LARGE);
        assertThat(problem(get(name(1)))).isEqualTo(AddOnProblem.TOO_LARGE);
    }

    @Test
    void whatCanBeNoNameIsNotAskedFor() {
        assertThat(problem(get(new AddOnName("a name", true)))).isEqualTo(AddOnProblem.NO_NAME);
        assertThat(problem(get(new AddOnName(" ", false)))).isEqualTo(AddOnProblem.NO_NAME);
        assertThat(problem(get(new AddOnName("x".repeat(256), false)))).isEqualTo(AddOnProblem.NO_NAME);
    }

    @Test
    void soManyAreDownloadedAtATime() {
        for (int i = 1; i <= 3; i++) {
            get(name(i));
        }
        assertThat(found(1, 10)).hasSize(1);
        assertThat(found(2, 10)).hasSize(1);
        assertThat(found(3, 10)).isEmpty();

        assertThat(fails(1, AddOnProblem.UNREACHABLE)).contains(new Action.Fetch(version(3, 10, false)));
    }

    @Test
    void theOneUsedLongestAgoGoesAndTheNextBeginsWhenItIsGone() {
        release(keep(1, 40));
        now = now.plusSeconds(1);
        release(keep(2, 40));
        now = now.plusSeconds(1);
        release(ready(get(name(1))).lease());
        now = now.plusSeconds(1);

        get(name(3));
        assertThat(found(3, 50)).containsExactly(new Action.Delete(2));
        assertThat(deleted(2)).containsExactly(new Action.Fetch(version(3, 50, false)));
        assertThat(shelf.used()).isEqualTo(90);
        assertThat(get(name(2))).containsExactly(new Action.LookUp(name(2)));
    }

    @Test
    void whatAJobHasBeenGivenStaysUntilItIsGivenBackOrTheJobIsOver() {
        AddOnStore.Lease lease = keep(1, 80);
        get(name(2));
        assertThat(problem(found(2, 50))).isEqualTo(AddOnProblem.NO_ROOM);
        assertThat(shelf.kept()).hasSize(1);

        release(lease);
        now = now.plus(AddOnNames.FAILED_FOR);
        get(name(2));
        assertThat(found(2, 50)).containsExactly(new Action.Delete(1));

        assertThat(deleted(1)).hasSize(1);
        here(2, 50);
        assertThat(shelf.nextWake()).contains(END);
        now = END;
        shelf.wake(now, new ArrayList<>());
        shelf.get(want(name(3), true, END.plusSeconds(9)), now, new ArrayList<>());
        assertThat(found(3, 80)).containsExactly(new Action.Delete(2));
    }

    @Test
    void whoWaitsTooLongIsToldAndTheDownloadGoesOn() {
        get(name(1));
        found(1, 50);
        now = END;
        List<Action> actions = new ArrayList<>();
        shelf.wake(now, actions);
        assertThat(problem(actions)).isEqualTo(AddOnProblem.TOO_LATE);

        assertThat(here(1, 50)).isEmpty();
        assertThat(ready(getUntil(name(1), END.plusSeconds(9))).path()).isEqualTo(FOLDER.resolve("1.safetensors"));
    }

    @Test
    void whoDoesNotWaitAnyLongerIsGivenNothing() {
        get(name(1));
        found(1, 50);
        List<Action> actions = new ArrayList<>();
        shelf.get(want(name(1), true, T0.plusSeconds(5)), now, actions);
        assertThat(actions).isEmpty();
        assertThat(shelf.nextWake()).contains(T0.plusSeconds(5));
        now = T0.plusSeconds(5);
        shelf.wake(now, actions);
        assertThat(problem(actions)).isEqualTo(AddOnProblem.TOO_LATE);

        release(ready(here(1, 50)).lease());
        assertThat(leases.inUse()).isEmpty();
    }

    @Test
    void aShelfThatBeginsAnewKeepsWhatWasGivenAndWaitsForWhatIsComing() {
        AddOnStore.Lease held = keep(1, 40);
        get(name(2));
        found(2, 40);
        List<KeptAddOn> onDisk = shelf.kept();

        shelf = new AddOnShelf(settings(100, 80), leases, List.of(version(2, 40, false)));
        shelf.stock(onDisk, Map.of());

        assertThat(shelf.downloading()).isOne();
        get(name(3));
        assertThat(problem(found(3, 50))).as("40 are given, 40 are coming").isEqualTo(AddOnProblem.NO_ROOM);
        assertThat(get(new AddOnName("2", true)))
                .as("nothing is downloaded twice")
                .isEmpty();
        assertThat(ready(here(2, 40)).path()).isEqualTo(FOLDER.resolve("2.safetensors"));
        release(held);
        assertThat(leases.inUse()).containsExactly(2L);
    }

    @Test
    void whatSomebodyElseHasDeletedIsDownloadedAgain() {
        AddOnStore.Lease lease = keep(1, 50);

        shelf.lost(lease);

        assertThat(shelf.used()).isZero();
        assertThat(get(name(1))).containsExactly(new Action.LookUp(name(1)));
        assertThat(found(1, 50)).containsExactly(new Action.Fetch(version(1, 50, false)));
    }

    @Test
    void aSmallerCacheIsMadeRoomFor() {
        release(keep(1, 40));
        now = now.plusSeconds(1);
        AddOnStore.Lease held = keep(2, 40);
        List<Action> actions = new ArrayList<>();

        shelf.reconfigure(settings(30, 30), actions);

        assertThat(actions).containsExactly(new Action.Delete(1));
        actions.clear();
        shelf.release(held, now, actions);
        assertThat(actions).containsExactly(new Action.Delete(2));
    }

    @Test
    void whatWasOnDiskIsThere() {
        KeptAddOn lora = new KeptAddOn(7, 70, "An Old One", "SDXL 1.0", List.of(), false, 10, "sum", T0);
        shelf.stock(
                List.of(lora),
                Map.of(
                        new AddOnName("an old one", false), new AddOnNames.Meaning(7, T0.minus(Duration.ofHours(1))),
                        new AddOnName("gone", false), new AddOnNames.Meaning(8, T0)));

        assertThat(ready(get(new AddOnName("An old one", false))).baseModel()).isEqualTo("SDXL 1.0");
        assertThat(ready(get(new AddOnName("7", true))).path()).isEqualTo(FOLDER.resolve("7.safetensors"));
        assertThat(get(new AddOnName("gone", false))).hasSize(1).first().isInstanceOf(Action.LookUp.class);
        assertThat(shelf.meanings()).hasSize(1);
    }
}
