package drover.horde;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import drover.horde.HordeError.Answer;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sorts the server's refusals by their code. */
final class Failures {
    static final Duration DEFAULT_PAUSE = Duration.ofSeconds(1);
    static final Duration ADDRESS_PAUSE = Duration.ofMinutes(5);
    static final Duration LOCK_PAUSE = Duration.ofMinutes(20);
    static final Duration MAINTENANCE_PAUSE = Duration.ofMinutes(5);
    private static final Duration LONGEST_PAUSE = Duration.ofDays(1);
    private static final int MAX_TEXT = 500;
    private static final Pattern SECONDS = Pattern.compile("\\b(\\d{1,7})\\b(?=\\D{0,12}second)");

    private final InstantSource clock;
    private final ApiKey key;

    /**
     * @param key what must not be shown; the server's words repeat it now and then
     */
    Failures(InstantSource clock, ApiKey key) {
        this.clock = clock;
        this.key = key;
    }

    /** What an answer means that is none of success. */
    HordeError of(Operation operation, Reply reply) {
        JsonNode body = json(reply);
        Optional<String> rc = Optional.ofNullable(body.get("rc"))
                .filter(JsonNode::isTextual)
                .map(JsonNode::asText)
                .filter(text -> !text.isBlank());
        JsonNode said = body.get("message");
        String text = said != null && said.isTextual() ? said.asText() : "an answer of type " + reply.contentType();
        Answer answer = new Answer(operation, reply.status(), rc.map(this::clean), clean(text), reply.node());
        return rc.flatMap(code -> byCode(code, answer, said == null ? "" : said.asText()))
                .orElseGet(() -> byStatus(answer, fields(body), reply));
    }

    private Optional<HordeError> byCode(String code, Answer answer, String said) {
        boolean submit = answer.operation().kind() == Operation.Kind.SUBMIT;
        boolean pop = answer.operation().kind() == Operation.Kind.POP;
        return Optional.ofNullable(
                switch (code) {
                    case "InvalidAPIKey", "UserNotFound" ->
                        answer.operation() == Operation.USER
                                ? new HordeError.NotFound(answer)
                                : new HordeError.KeyRefused(answer);
                    case "WrongCredentials", "NotOwner" -> new HordeError.NotYours(answer);
                    case "WorkerMaintenance" -> new HordeError.InMaintenance(answer);
                    case "WorkerFlaggedMaintenance",
                            "DeletedUser",
                            "AnonForbidden",
                            "AnonForbiddenWorker",
                            "WorkerInviteOnly",
                            "TooManySameIPs",
                            "TooManyWorkers",
                            "TooManyWorkersTrusted",
                            "UnsafeIP" -> new HordeError.NotWelcome(answer);
                    case "TimeoutIP", "TooManyNewIPs" ->
                        new HordeError.AddressPaused(answer, seconds(said).orElse(ADDRESS_PAUSE));
                    case "InvalidPriorityUsername",
                            "ProfaneWorkerName",
                            "ProfaneBridgeAgent",
                            "PolymorphicNameConflict",
                            "WorkerNameAlreadyExists",
                            "NoWorkerModSelected",
                            "NulByteInPayload" -> new HordeError.Invalid(answer, Map.of());
                    case "BadRequest" ->
                        submit
                                ? new HordeError.StoredWithComplaint(answer)
                                : pop ? new HordeError.Invalid(answer, Map.of()) : new HordeError.Refused(answer);
                    case "InvalidJobID" -> new HordeError.JobGone(answer);
                    case "DuplicateGen" -> new HordeError.AlreadySubmitted(answer);
                    case "AbortedGen" -> new HordeError.Aborted(answer);
                    case "Locked" -> new HordeError.Busy(answer, LOCK_PAUSE);
                    case "MaintenanceMode" -> new HordeError.Busy(answer, MAINTENANCE_PAUSE);
                    default -> null;
                });
    }

    private HordeError byStatus(Answer answer, Map<String, String> fields, Reply reply) {
        int status = answer.status();
        if (status == 429) {
            return new HordeError.TooManyRequests(answer, pause(reply).orElse(DEFAULT_PAUSE), false);
        }
        if (status == 408 || status == 425 || status >= 500) {
            return new HordeError.ServerFault(answer, pause(reply));
        }
        if (status == 423) {
            return new HordeError.Busy(answer, pause(reply).orElse(LOCK_PAUSE));
        }
        if (!fields.isEmpty() || (status == 400 && answer.rc().isEmpty() && reply.json())) {
            return new HordeError.Invalid(answer, fields);
        }
        if (status == 401) {
            return new HordeError.KeyRefused(answer);
        }
        if (status == 404
                && answer.operation().kind() != Operation.Kind.POP
                && answer.operation().kind() != Operation.Kind.SUBMIT) {
            return new HordeError.NotFound(answer);
        }
        if (status / 100 == 2 || status / 100 == 3) {
            return new HordeError.Unreadable(answer);
        }
        return new HordeError.Refused(answer);
    }

    /** A success that cannot be read. */
    HordeError unreadable(Operation operation, Reply reply, String why) {
        return new HordeError.Unreadable(
                new Answer(operation, reply.status(), Optional.empty(), clean(why), reply.node()));
    }

    /** What the server asks for: seconds, or a date, or, failing both, when its count starts anew. Never negative. */
    private Optional<Duration> pause(Reply reply) {
        return reply.header("Retry-After")
                .flatMap(this::duration)
                .or(() -> reply.header("X-Ratelimit-Reset").flatMap(this::untilEpochSecond))
                .map(wait -> wait.isNegative() ? Duration.ZERO : wait)
                .map(wait -> wait.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : wait);
    }

    private Optional<Duration> duration(String text) {
        if (text.strip().matches("\\d{1,9}")) {
            return Optional.of(Duration.ofSeconds(Long.parseLong(text.strip())));
        }
        try {
            Instant date = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text.strip()));
            return Optional.of(Duration.between(clock.instant(), date));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private Optional<Duration> untilEpochSecond(String text) {
        return text.strip().matches("\\d{1,11}(\\.\\d+)?")
                ? Optional.of(Duration.between(
                        clock.instant(), Instant.ofEpochMilli((long) (Double.parseDouble(text.strip()) * 1_000))))
                : Optional.empty();
    }

    /** The one thing that the server says in words only: how long an address is shut out. */
    private static Optional<Duration> seconds(String text) {
        Matcher number = SECONDS.matcher(text);
        return number.find() ? Optional.of(Duration.ofSeconds(Long.parseLong(number.group(1)))) : Optional.empty();
    }

    private Map<String, String> fields(JsonNode body) {
        Map<String, String> fields = new TreeMap<>();
        JsonNode errors = body.path("errors");
        errors.properties()
                .forEach(entry -> fields.put(
                        clean(entry.getKey()),
                        clean(
                                entry.getValue().isTextual()
                                        ? entry.getValue().asText()
                                        : entry.getValue().toString())));
        return fields;
    }

    private static JsonNode json(Reply reply) {
        try {
            JsonNode node = HordeJson.mapper().readTree(reply.body().toArrayUnsafe());
            return node == null ? HordeJson.mapper().createObjectNode() : node;
        } catch (JsonProcessingException e) {
            return HordeJson.mapper().createObjectNode();
        } catch (IOException e) {
            throw new IllegalStateException("bytes in memory cannot fail to be read", e);
        }
    }

    private String clean(String text) {
        String shown = key.anonymous() ? text : text.replace(key.reveal(), key.toString());
        String line = shown.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
        return line.length() > MAX_TEXT ? line.substring(0, MAX_TEXT) + "…" : line;
    }
}
