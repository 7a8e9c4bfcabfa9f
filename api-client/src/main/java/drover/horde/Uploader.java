package drover.horde;

import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts pictures where a job says, by {@code PUT} with a known length, no content type, no key, and the address letter by
 * letter as it came. To do so twice does no harm. Safe for use by many threads.
 */
public final class Uploader {
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(250), Duration.ofSeconds(10), 0.2);
    private static final int MAX_ANSWER_BYTES = 64 << 10;
    private static final Set<String> PASSING = Set.of(
            "RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "OperationAborted", "TooManyRequests");
    private static final Set<String> EXPIRED = Set.of("ExpiredRequest", "RequestExpired", "ExpiredToken");

    private static final Logger LOG = LoggerFactory.getLogger(Uploader.class);

    private final Wire wire;
    private final Retries retries;
    private final HordeSettings.Limits limits;

    /**
     * An uploader.
     *
     * @param system whose threads and connections it uses
     * @param limits times and sizes
     * @param retries clock, timer and chance
     */
    public Uploader(ClassicActorSystemProvider system, HordeSettings.Limits limits, Retries retries) {
        this.wire = new Wire(system, limits);
        this.retries = retries;
        this.limits = limits;
    }

    /** One try: how it ended, or, if another may end better, when. */
    private record Try(UploadOutcome outcome, boolean again) {}

    /**
     * Uploads, again and again until the store has it, refuses it, or the time is over. At least one try is made: whether
     * the address is still good is the store's to say, whose clock counts.
     *
     * @param url where to
     * @param picture its bytes; not to be changed
     * @param until the end of the job's time
     */
    public CompletionStage<UploadOutcome> upload(PresignedUrl url, byte[] picture, Instant until) {
        Optional<PresignedUrl.Target> target = url.target();
        if (target.isEmpty()) {
            return CompletableFuture.completedFuture(
                    new UploadOutcome.Refused("the upload address is no http address: " + url));
        }
        HttpRequest request = Requests.to(HttpMethods.PUT, target.get())
                .withEntity(HttpEntities.create(ContentTypes.NO_CONTENT_TYPE, picture));
        return retries.run(
                        new Retries.Plan(BACKOFF, Integer.MAX_VALUE, until),
                        () -> attempt(request, url, target.get()),
                        result -> result.again() ? Optional.of(Duration.ZERO) : Optional.empty())
                .thenApply(Try::outcome);
    }

    private CompletionStage<Try> attempt(HttpRequest request, PresignedUrl url, PresignedUrl.Target target) {
        return wire.exchange(request, limits.upload(), MAX_ANSWER_BYTES).handle((reply, failure) -> {
            Try result = failure == null
                    ? judge(reply, url, target)
                    : new Try(
                            new UploadOutcome.OutOfTime(
                                    target + " did not take it: " + Wire.told(failure, limits.upload())),
                            true);
            LOG.debug("PUT {}: {}", target, result);
            return result;
        });
    }

    private Try judge(Reply reply, PresignedUrl url, PresignedUrl.Target target) {
        if (reply.success()) {
            return new Try(new UploadOutcome.Stored(reply.header("ETag")), false);
        }
        Fault fault = fault(reply.body().toArrayUnsafe());
        String said = target + " answered HTTP " + reply.status() + " " + fault.code();
        int status = reply.status();
        if (status >= 500
                || status == 408
                || status == 409
                || status == 425
                || status == 429
                || PASSING.contains(fault.code())) {
            return new Try(new UploadOutcome.OutOfTime(said), true);
        }
        boolean over = url.expires()
                .map(end -> !end.isAfter(retries.clock().instant()))
                .orElse(false);
        if (EXPIRED.contains(fault.code())
                || (status == 403 && (over || fault.text().contains("expired")))) {
            return new Try(new UploadOutcome.Expired(said), false);
        }
        return new Try(new UploadOutcome.Refused(said), false);
    }

    /**
     * What a store says in its XML.
     *
     * @param code such as {@code SignatureDoesNotMatch}
     * @param text for people
     */
    private record Fault(String code, String text) {}

    private static Fault fault(byte[] body) {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        String code = "";
        String text = "";
        try {
            XMLStreamReader xml = factory.createXMLStreamReader(new ByteArrayInputStream(body));
            while (xml.hasNext()) {
                if (xml.next() == XMLStreamConstants.START_ELEMENT) {
                    switch (xml.getLocalName()) {
                        case "Code" -> code = word(xml.getElementText());
                        case "Message" -> text = xml.getElementText();
                        default -> {
                            // Other elements say nothing that is needed.
                        }
                    }
                }
            }
        } catch (XMLStreamException e) {
            // No XML, or only the start of one: the status has to do.
            return new Fault(code, text);
        }
        return new Fault(code, text);
    }

    private static String word(String text) {
        String word = text.replaceAll("[^A-Za-z0-9]", "");
        return word.substring(0, Math.min(word.length(), 60));
    }
}
