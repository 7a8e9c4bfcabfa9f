package drover.horde;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The reference's table of errors and what to do about each. */
class FailuresTest {
    private final Failures failures = new Failures(new VirtualTime(), Hordes.KEY);

    private HordeError of(Operation operation, int status, String type, String body) {
        return failures.of(
                operation, new Reply(status, type, Map.of(), ByteString.fromString(body, StandardCharsets.UTF_8)));
    }

    private HordeError rc(Operation operation, int status, String rc, String message) {
        return of(operation, status, "application/json", "{\"message\":\"" + message + "\",\"rc\":\"" + rc + "\"}");
    }

    @ParameterizedTest
    @CsvSource({
        "IMAGE_POP, 400, InvalidPriorityUsername, Invalid, STOP",
        "IMAGE_POP, 400, ProfaneWorkerName, Invalid, STOP",
        "IMAGE_POP, 400, ProfaneBridgeAgent, Invalid, STOP",
        "IMAGE_POP, 400, PolymorphicNameConflict, Invalid, STOP",
        "IMAGE_POP, 400, BadRequest, Invalid, STOP",
        "IMAGE_POP, 401, InvalidAPIKey, KeyRefused, STOP",
        "IMAGE_POP, 403, WrongCredentials, NotYours, STOP",
        "IMAGE_SUBMIT, 403, WrongCredentials, NotYours, STOP",
        "IMAGE_POP, 403, WorkerMaintenance, InMaintenance, MAINTENANCE",
        "IMAGE_POP, 403, WorkerFlaggedMaintenance, NotWelcome, STOP",
        "IMAGE_POP, 403, DeletedUser, NotWelcome, STOP",
        "IMAGE_POP, 403, AnonForbiddenWorker, NotWelcome, STOP",
        "IMAGE_POP, 403, WorkerInviteOnly, NotWelcome, STOP",
        "IMAGE_POP, 403, TooManySameIPs, NotWelcome, STOP",
        "IMAGE_POP, 403, TooManyWorkers, NotWelcome, STOP",
        "IMAGE_POP, 403, TooManyWorkersTrusted, NotWelcome, STOP",
        "IMAGE_POP, 403, UnsafeIP, NotWelcome, STOP",
        "IMAGE_POP, 403, TimeoutIP, AddressPaused, WAIT",
        "IMAGE_POP, 403, TooManyNewIPs, AddressPaused, WAIT",
        "IMAGE_SUBMIT, 404, InvalidJobID, JobGone, DROP",
        "IMAGE_SUBMIT, 400, DuplicateGen, AlreadySubmitted, ACCEPTED",
        "IMAGE_SUBMIT, 400, AbortedGen, Aborted, DROP",
        "IMAGE_SUBMIT, 400, BadRequest, StoredWithComplaint, ACCEPTED",
        "IMAGE_SUBMIT, 400, NulByteInPayload, Invalid, DROP",
        "FIND_USER, 404, UserNotFound, KeyRefused, STOP",
        "USER, 404, UserNotFound, NotFound, DROP",
        "WORKER, 404, WorkerNotFound, NotFound, DROP",
        "IMAGES, 404, RequestNotFound, NotFound, DROP",
        "CHANGE_WORKER, 403, NotOwner, NotYours, STOP",
        "CHANGE_WORKER, 400, WorkerNameAlreadyExists, Invalid, DROP",
        "DELETE_WORKER, 423, Locked, Busy, WAIT",
        "ORDER_IMAGES, 400, MaintenanceMode, Busy, WAIT",
        "ORDER_IMAGES, 403, KudosUpfront, Refused, DROP",
        "IMAGE_POP, 403, NeverHeardOf, Refused, STOP",
        "IMAGE_POP, 418, '', Refused, STOP",
        "IMAGE_POP, 429, '', TooManyRequests, WAIT",
        "IMAGE_POP, 500, '', ServerFault, RETRY",
        "IMAGE_SUBMIT, 502, '', ServerFault, RETRY",
        "IMAGE_SUBMIT, 408, '', ServerFault, RETRY",
    })
    void eachCodeHasItsPlace(Operation operation, int status, String rc, String type, Advice advice) {
        HordeError error = rc(operation, status, rc, "in words");
        assertThat(error.getClass().getSimpleName()).isEqualTo(type);
        assertThat(error.advice()).isEqualTo(advice);
        assertThat(error.message()).contains("in words").contains(operation.name());
    }

    @Test
    void whatIsNotValidIsSaidFieldByField() {
        HordeError error = of(
                Operation.IMAGE_POP,
                400,
                "application/json",
                "{\"errors\":{\"threads\":\"0 is less than the minimum of 1\"},\"message\":\"Input payload validation failed\"}");
        assertThat(error)
                .isInstanceOfSatisfying(
                        HordeError.Invalid.class,
                        invalid -> assertThat(invalid.fields())
                                .containsEntry("threads", "0 is less than the minimum of 1"));
        assertThat(error.advice()).isEqualTo(Advice.STOP);
    }

    @Test
    void codesCountAndWordsDoNot() {
        assertThat(rc(Operation.IMAGE_POP, 403, "NewCode", "worker is in maintenance mode"))
                .isInstanceOf(HordeError.Refused.class);
        assertThat(rc(Operation.IMAGE_POP, 403, "WorkerMaintenance", "back in an hour"))
                .isInstanceOf(HordeError.InMaintenance.class);
    }

    @Test
    void howLongAnAddressIsShutOutIsInTheWordsOnly() {
        HordeError error = rc(
                Operation.IMAGE_POP,
                403,
                "TimeoutIP",
                "Due to abuse prevention, your IP address has been put into timeout for 3600 more seconds. Please wait");
        assertThat(error.retryAfter()).contains(Duration.ofHours(1));
        assertThat(rc(Operation.IMAGE_POP, 403, "TimeoutIP", "a while").retryAfter())
                .contains(Failures.ADDRESS_PAUSE);
    }

    @Test
    void aPageThatSaysNotFoundToAPopIsAWrongAddress() {
        HordeError error = of(Operation.IMAGE_POP, 404, "text/html", "<!doctype html><title>404 Not Found</title>");
        assertThat(error).isInstanceOf(HordeError.Refused.class);
        assertThat(error.message()).contains("is the address that of a Horde?");
    }

    @Property
    void anyAnswerCanBeSorted(
            @ForAll Operation operation, @ForAll @IntRange(min = 100, max = 599) int status, @ForAll String body) {
        HordeError error = of(operation, status, "application/json", body);
        assertThat(error.message()).doesNotContain("\n").hasSizeLessThan(1_500);
    }
}
