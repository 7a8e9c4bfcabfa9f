package drover.source.loras;

import static org.assertj.core.api.Assertions.assertThat;

import drover.horde.PresignedUrl;
import drover.setting.Secret;
import drover.source.loras.LoraShelf.Action;
import drover.source.loras.LoraStore.Reply;
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

class LoraShelfTest {
    private static final Instant T0 = Instant.parse("2026-11-21T12:00:00Z");
    private static final Instant END = T0.plusSeconds(3_600);
    private static final Path FOLDER = Path.of("loras");

    private final LoraLeases leases = new LoraLeases(AddOn.LORA);
    private LoraShelf shelf = new LoraShelf(settings(100, 80), leases, List.of());
    private final TestInbox<Reply> inbox = TestInbox.create();
    private Instant now = T0;

    static LoraSettings settings(long cache, long most) {
        return new LoraSettings(
                AddOn.LORA, FOLDER, URI.create("https://civitai.invalid"), Secret.NONE, cache, 0, most, 2, false);
    }

    static LoraVersion version(long number, long bytes, boolean nsfw) {
        return new LoraVersion(
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

    private static LoraName name(long number) {
        return new LoraName("name" + number, false);
    }

    private LoraStore.Get want(LoraName name, boolean nsfw, Instant until) {
        return new LoraStore.Get(name, nsfw, until, END.isAfter(until) ? END : until, inbox.getRef());
    }

    private List<Action> get(LoraName name) {
        return get(name, true);
    }

    private List<Action> get(LoraName name, boolean nsfw) {
        List<Action> actions = new ArrayList<>();
        shelf.get(want(name, nsfw, END), now, actions);
        return actions;
    }

    private List<Action> found(LoraName name, LoraSite.Found found) {
        List<Action> actions = new ArrayList<>();
        shelf.found(name, found, now, actions);
        return actions;
    }

    private List<Action> found(long number, long bytes) {
        return found(name(number), new LoraSite.Found.Here(version(number, bytes, false)));
    }

    private List<Action> here(long number, long bytes) {
        List<Action> actions = new ArrayList<>();
        shelf.fetched(number, new LoraSite.Fetched.Here(bytes, "sum"), now, actions);
        return actions;
    }

    private List<Action> fails(long number, LoraProblem problem) {
        List<Action> actions = new ArrayList<>();
        shelf.fetched(number, new LoraSite.Fetched.Not(problem, "so"), now, actions);
        return actions;
    }

    private List<Action> deleted(long number) {
        List<Action> actions = new ArrayList<>();
        shelf.deleted(number, now, actions);
        return actions;
    }

    private LoraStore.Lease keep(long number, long bytes) {
        get(name(number));
        assertThat(found(number, bytes)).hasSize(1).first().isInstanceOf(Action.Fetch.class);
        return ready(here(number, bytes)).lease();
    }

    private void release(LoraStore.Lease lease) {
        shelf.release(lease, now, new ArrayList<>());
    }

    private static Reply.Ready ready(List<Action> actions) {
        assertThat(actions).hasSize(1);
        return (Reply.Ready) ((Action.Answer) actions.getFirst()).reply();
    }

    private static LoraProblem problem(List<Action> actions) {
        assertThat(actions).hasSize(1);
        return ((Reply.Unavailable) ((Action.Answer) actions.getFirst()).reply()).problem();
    }

    @Test
    void aNameIsLookedUpAndAFileDownloadedOnceForAll() {
        assertThat(get(name(1))).containsExactly(new Action.LookUp(name(1)));
        assertThat(get(new LoraName(" NAME1 ", false))).isEmpty();
        LoraName byNumber = new LoraName("1001", false);
        assertThat(get(byNumber)).containsExactly(new Action.LookUp(byNumber));

        LoraVersion version = version(1, 50, false);
        assertThat(found(name(1), new LoraSite.Found.Here(version))).containsExactly(new Action.Fetch(version));
        assertThat(found(byNumber, new LoraSite.Found.Here(version))).isEmpty();
        assertThat(get(name(1))).isEmpty();

        assertThat(here(1, 50)).hasSize(4).allMatch(action -> action instanceof Action.Answer);
        Reply.Ready again = ready(get(name(1)));
        assertThat(again.path()).isEqualTo(FOLDER.resolve("1.safetensors"));
        assertThat(again.triggerWords()).containsExactly("word");
        assertThat(ready(get(new LoraName("1", true))).path()).isEqualTo(again.path());
    }

    @Test
    void whatIsKeptIsUsedAgainWithoutAskingForADay() {
        release(keep(1, 50));

        now = T0.plus(LoraNames.TRUST).minusMillis(1);
        ready(getUntil(name(1), now.plusSeconds(9)));
        now = T0.plus(LoraNames.TRUST);
        assertThat(get(name(1))).containsExactly(new Action.LookUp(name(1)));
        now = T0.plusSeconds(1);
        assertThat(ready(found(name(1), new LoraSite.Found.Not(LoraProblem.UNREACHABLE, "away")))
                        .path())
                .isEqualTo(FOLDER.resolve("1.safetensors"));
    }

    private List<Action> getUntil(LoraName name, Instant until) {
        List<Action> actions = new ArrayList<>();
        shelf.get(want(name, true, until), now, actions);
        return actions;
    }

    @Test
    void aRefusalIsRememberedForTenMinutesAndAFailureForOne() {
        get(name(1));
        assertThat(problem(found(name(1), new LoraSite.Found.Not(LoraProblem.REFUSED, "451"))))
                .isEqualTo(LoraProblem.REFUSED);
        now = T0.plusSeconds(599);
        assertThat(problem(get(name(1)))).isEqualTo(LoraProblem.REFUSED);
        now = T0.plusSeconds(600);
        assertThat(get(name(1))).containsExactly(new Action.LookUp(name(1)));

        found(1, 50);
        assertThat(problem(fails(1, LoraProblem.UNREACHABLE))).isEqualTo(LoraProblem.UNREACHABLE);
        now = now.plusSeconds(59);
        assertThat(problem(get(name(1)))).isEqualTo(LoraProblem.UNREACHABLE);
        now = now.plusSeconds(1);
        assertThat(get(name(1))).containsExactly(new Action.LookUp(name(1)));
    }

    @Test
    void aWorkerThatIsSafeForWorkGetsNothingElse() {
        LoraVersion version = version(1, 50, true);
        get(name(1), false);
        assertThat(problem(found(name(1), new LoraSite.Found.Here(version)))).isEqualTo(LoraProblem.NSFW);
        assertThat(problem(get(name(1), false))).isEqualTo(LoraProblem.NSFW);

        assertThat(get(name(1), true)).containsExactly(new Action.LookUp(name(1)));
        assertThat(found(name(1), new LoraSite.Found.Here(version))).containsExactly(new Action.Fetch(version));
        assertThat(ready(here(1, 50)).nsfw()).isTrue();
        assertThat(problem(get(name(1), false))).isEqualTo(LoraProblem.NSFW);
    }

    @Test
    void whatIsTooLargeIsNotDownloaded() {
        get(name(1));
        assertThat(problem(found(1, 81))).isEqualTo(LoraProblem.TOO_LARGE);
        assertThat(problem(get(name(1)))).isEqualTo(LoraProblem.TOO_LARGE);
    }

    @Test
    void whatCanBeNoNameIsNotAskedFor() {
        assertThat(problem(get(new LoraName("a name", true)))).isEqualTo(LoraProblem.NO_NAME);
        assertThat(problem(get(new LoraName(" ", false)))).isEqualTo(LoraProblem.NO_NAME);
        assertThat(problem(get(new LoraName("x".repeat(256), false)))).isEqualTo(LoraProblem.NO_NAME);
    }

    @Test
    void soManyAreDownloadedAtATime() {
        for (int i = 1; i <= 3; i++) {
            get(name(i));
        }
        assertThat(found(1, 10)).hasSize(1);
        assertThat(found(2, 10)).hasSize(1);
        assertThat(found(3, 10)).isEmpty();

        assertThat(fails(1, LoraProblem.UNREACHABLE)).contains(new Action.Fetch(version(3, 10, false)));
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
        LoraStore.Lease lease = keep(1, 80);
        get(name(2));
        assertThat(problem(found(2, 50))).isEqualTo(LoraProblem.NO_ROOM);
        assertThat(shelf.kept()).hasSize(1);

        release(lease);
        now = now.plus(LoraNames.FAILED_FOR);
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
        assertThat(problem(actions)).isEqualTo(LoraProblem.TOO_LATE);

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
        assertThat(problem(actions)).isEqualTo(LoraProblem.TOO_LATE);

        release(ready(here(1, 50)).lease());
        assertThat(leases.inUse()).isEmpty();
    }

    @Test
    void aShelfThatBeginsAnewKeepsWhatWasGivenAndWaitsForWhatIsComing() {
        LoraStore.Lease held = keep(1, 40);
        get(name(2));
        found(2, 40);
        List<KeptLora> onDisk = shelf.kept();

        shelf = new LoraShelf(settings(100, 80), leases, List.of(version(2, 40, false)));
        shelf.stock(onDisk, Map.of());

        assertThat(shelf.downloading()).isOne();
        get(name(3));
        assertThat(problem(found(3, 50))).as("40 are given, 40 are coming").isEqualTo(LoraProblem.NO_ROOM);
        assertThat(get(new LoraName("2", true)))
                .as("nothing is downloaded twice")
                .isEmpty();
        assertThat(ready(here(2, 40)).path()).isEqualTo(FOLDER.resolve("2.safetensors"));
        release(held);
        assertThat(leases.inUse()).containsExactly(2L);
    }

    @Test
    void whatSomebodyElseHasDeletedIsDownloadedAgain() {
        LoraStore.Lease lease = keep(1, 50);

        shelf.lost(lease);

        assertThat(shelf.used()).isZero();
        assertThat(get(name(1))).containsExactly(new Action.LookUp(name(1)));
        assertThat(found(1, 50)).containsExactly(new Action.Fetch(version(1, 50, false)));
    }

    @Test
    void aSmallerCacheIsMadeRoomFor() {
        release(keep(1, 40));
        now = now.plusSeconds(1);
        LoraStore.Lease held = keep(2, 40);
        List<Action> actions = new ArrayList<>();

        shelf.reconfigure(settings(30, 30), actions);

        assertThat(actions).containsExactly(new Action.Delete(1));
        actions.clear();
        shelf.release(held, now, actions);
        assertThat(actions).containsExactly(new Action.Delete(2));
    }

    @Test
    void whatWasOnDiskIsThere() {
        KeptLora lora = new KeptLora(7, 70, "An Old One", "SDXL 1.0", List.of(), false, 10, "sum", T0);
        shelf.stock(
                List.of(lora),
                Map.of(
                        new LoraName("an old one", false), new LoraNames.Meaning(7, T0.minus(Duration.ofHours(1))),
                        new LoraName("gone", false), new LoraNames.Meaning(8, T0)));

        assertThat(ready(get(new LoraName("An old one", false))).baseModel()).isEqualTo("SDXL 1.0");
        assertThat(ready(get(new LoraName("7", true))).path()).isEqualTo(FOLDER.resolve("7.safetensors"));
        assertThat(get(new LoraName("gone", false))).hasSize(1).first().isInstanceOf(Action.LookUp.class);
        assertThat(shelf.meanings()).hasSize(1);
    }
}
