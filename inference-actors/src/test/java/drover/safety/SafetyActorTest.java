package drover.safety;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.inference.EngineException;
import drover.inference.SafetyPolicy;
import drover.inference.SafetyResult;
import drover.picture.Picture;
import drover.safety.PictureChecker.Findings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The actor and the desk in front of it, on manual time, with a checker that does what the test says. */
class SafetyActorTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration REAL = Duration.ofSeconds(20);
    private static final Picture PICTURE = new Picture(1, 1, new byte[3]);

    private final ActorTestKit kit = ActorTestKit.create(ManualTime.config());
    private final ManualTime time = ManualTime.get(kit.system());
    private final TestProbe<SafetyActor.Ready> owner = kit.createTestProbe();
    private final TestProbe<SafetyActor.Reply> asker = kit.createTestProbe();
    private final Scripted checker = new Scripted();

    @AfterEach
    void stop() {
        checker.answers.add(() -> new Findings(false, false));
        kit.shutdownTestKit();
    }

    private interface Answer {
        Findings get() throws EngineException;
    }

    /** Waits for the test's answer to each look. */
    private static final class Scripted implements PictureChecker {
        private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
        private final BlockingQueue<Picture> looks = new LinkedBlockingQueue<>();
        private final CountDownLatch closed = new CountDownLatch(1);

        @Override
        public Findings look(Picture picture) throws EngineException {
            looks.add(picture);
            try {
                return answers.take().get();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }

    private ActorRef<SafetyActor.Command> ready() {
        ActorRef<SafetyActor.Command> actor = spawn(Optional.of(() -> checker));
        owner.expectMessageClass(SafetyActor.Ready.class, REAL);
        return actor;
    }

    private ActorRef<SafetyActor.Command> spawn(Optional<PictureChecker.Opener> opener) {
        return kit.spawn(SafetyActor.create(opener, TIMEOUT, owner.ref()));
    }

    private SafetyDesk desk(ActorRef<SafetyActor.Command> actor) {
        return new SafetyDesk(actor, PromptFilter.standard(), TIMEOUT, kit.scheduler());
    }

    private void ask(ActorRef<SafetyActor.Command> actor) {
        actor.tell(new SafetyActor.Check(PICTURE, asker.ref()));
    }

    private void awaitLook() throws InterruptedException {
        assertThat(checker.looks.poll(REAL.toSeconds(), TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void picturesAreLookedAtOneAfterAnother() throws Exception {
        ActorRef<SafetyActor.Command> actor = ready();
        ask(actor);
        ask(actor);
        awaitLook();
        assertThat(checker.looks).isEmpty();

        checker.answers.add(() -> new Findings(true, false));
        asker.expectMessage(REAL, new SafetyActor.Reply.Seen(new Findings(true, false)));
        awaitLook();
        checker.answers.add(() -> new Findings(false, true));
        asker.expectMessage(REAL, new SafetyActor.Reply.Seen(new Findings(false, true)));
    }

    @Test
    void aLookThatFailsSpoilsNoOther() throws Exception {
        ActorRef<SafetyActor.Command> actor = ready();
        ask(actor);
        ask(actor);
        checker.answers.add(() -> {
            throw new EngineException.SafetyFailed("it was dark", false);
        });
        checker.answers.add(() -> {
            throw new IllegalStateException("a defect");
        });
        ask(actor);
        checker.answers.add(() -> new Findings(false, false));

        asker.expectMessage(REAL, new SafetyActor.Reply.Failed("it was dark", false));
        asker.expectMessage(REAL, new SafetyActor.Reply.Failed("java.lang.IllegalStateException: a defect", false));
        asker.expectMessage(REAL, new SafetyActor.Reply.Seen(new Findings(false, false)));
    }

    @Test
    void aLookThatHangsIsSaidToHangUntilItComesBack() throws Exception {
        ActorRef<SafetyActor.Command> actor = ready();
        ask(actor);
        ask(actor);
        awaitLook();
        time.timePasses(TIMEOUT.minusMillis(1));
        asker.expectNoMessage(Duration.ofMillis(50));
        time.timePasses(Duration.ofMillis(1));

        assertThat(asker.expectMessageClass(SafetyActor.Reply.Failed.class, REAL)
                        .hung())
                .isTrue();
        assertThat(asker.expectMessageClass(SafetyActor.Reply.Failed.class, REAL)
                        .hung())
                .isTrue();
        ask(actor);
        assertThat(asker.expectMessageClass(SafetyActor.Reply.Failed.class, REAL)
                        .hung())
                .isTrue();

        checker.answers.add(() -> new Findings(true, true));
        checker.answers.add(() -> new Findings(false, false));
        SafetyActor.Reply reply;
        do {
            ask(actor);
            reply = asker.receiveMessage(REAL);
        } while (reply instanceof SafetyActor.Reply.Failed);
        assertThat(reply).isEqualTo(new SafetyActor.Reply.Seen(new Findings(false, false)));
    }

    @Test
    void withoutACheckerEveryQuestionIsAnswered() {
        ActorRef<SafetyActor.Command> none = spawn(Optional.empty());
        ActorRef<SafetyActor.Command> broken = spawn(Optional.of(() -> {
            throw new EngineException.BadModel("no weights");
        }));
        ask(none);
        assertThat(asker.expectMessageClass(SafetyActor.Reply.Unavailable.class, REAL)
                        .reason())
                .contains("drover.safety.model");
        ask(broken);
        assertThat(asker.expectMessageClass(SafetyActor.Reply.Unavailable.class, REAL)
                        .reason())
                .contains("no weights");
        owner.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void theCheckerIsClosedOnlyWhenItsLookIsOver() throws Exception {
        ActorRef<SafetyActor.Command> actor = ready();
        ask(actor);
        awaitLook();
        kit.stop(actor);
        assertThat(checker.closed.getCount()).isEqualTo(1);

        checker.answers.add(() -> new Findings(false, false));
        assertThat(checker.closed.await(REAL.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void theDeskFollowsThePolicy() throws Exception {
        SafetyDesk desk = desk(ready());
        checker.answers.add(() -> new Findings(true, false));
        checker.answers.add(() -> new Findings(true, false));
        checker.answers.add(() -> new Findings(false, false));

        assertThat(desk.judge("x", SafetyPolicy.MARK, PICTURE)).isEqualTo(SafetyResult.NSFW);
        assertThat(desk.judge("x", SafetyPolicy.CENSOR, PICTURE)).isEqualTo(SafetyResult.CENSORED);
        assertThat(desk.judge("a duck", new SafetyPolicy(true, false, List.of("Duck")), PICTURE))
                .isEqualTo(SafetyResult.CENSORED);
        assertThat(desk.forbids("a nude child")).isTrue();
    }

    @Test
    void theDeskWithholdsWhatWasNotLookedAt() throws Exception {
        SafetyDesk desk = desk(ready());
        checker.answers.add(() -> {
            throw new EngineException.SafetyFailed("it was dark", false);
        });
        assertThatThrownBy(() -> desk.judge("x", SafetyPolicy.MARK, PICTURE))
                .isInstanceOf(EngineException.SafetyFailed.class)
                .hasMessage("the picture is withheld: it was dark");

        SafetyDesk alone = desk(spawn(Optional.empty()));
        assertThatThrownBy(() -> alone.judge("x", SafetyPolicy.CENSOR, PICTURE))
                .isInstanceOf(EngineException.SafetyUnavailable.class)
                .hasMessageStartingWith("the picture is withheld: no safety checker");
        assertThat(alone.judge("x", SafetyPolicy.MARK, PICTURE)).isEqualTo(SafetyResult.UNCHECKED);
    }

    @Test
    void anInterruptedRunnerGivesUp() throws Exception {
        SafetyDesk desk = desk(ready());
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> desk.judge("x", SafetyPolicy.MARK, PICTURE))
                .isInstanceOf(EngineException.Cancelled.class);
        assertThat(Thread.interrupted()).isFalse();
    }
}
