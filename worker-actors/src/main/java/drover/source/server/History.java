package drover.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * All that happened to one id.
 *
 * @param id of the picture
 * @param request that it belongs to
 * @param worker who popped it
 * @param model to draw it with
 * @param popped when
 * @param ttl seconds
 * @param state how it is now
 * @param gone whether the whole request was pruned
 * @param puts into the store, in their order
 * @param submits in their order
 * @param censorship why the picture was replaced, if it was
 */
public record History(
        String id,
        String request,
        String worker,
        String model,
        Instant popped,
        int ttl,
        Generation.State state,
        boolean gone,
        List<Put> puts,
        List<Submit> submits,
        Optional<String> censorship) {
    public History {
        puts = List.copyOf(puts);
        submits = List.copyOf(submits);
    }

    /**
     * A picture that came into the store, or was refused.
     *
     * @param status answered
     * @param bytes how many
     * @param webp whether it is a WebP file, by its frame
     */
    public record Put(Instant at, int status, int bytes, boolean webp) {}

    /**
     * A result that was handed in.
     *
     * @param body as it was sent
     * @param status answered
     * @param rc answered; empty if it was taken
     * @param accepted whether it changed anything
     * @param heard whether the answer was sent, or lost on purpose
     */
    public record Submit(Instant at, JsonNode body, int status, Optional<String> rc, boolean accepted, boolean heard) {
        /** Whether it says that there is no picture. */
        public boolean fault() {
            return body.path("state").asText().equals("faulted");
        }

        /** Whether it says that the picture is in the store. */
        public boolean uploaded() {
            return body.path("generation").asText().equals("R2");
        }
    }

    /** The one that the server took, if there is one. */
    public Optional<Submit> accepted() {
        return submits.stream().filter(Submit::accepted).findFirst();
    }

    /** Whether a frame of RIFF with a WebP in it, of the length that it says. */
    static boolean webp(byte[] bytes) {
        if (bytes.length < 20
                || !ascii(bytes, 0).equals("RIFF")
                || !ascii(bytes, 8).equals("WEBP")) {
            return false;
        }
        long length = 0;
        for (int i = 7; i >= 4; i--) {
            length = (length << 8) | (bytes[i] & 0xff);
        }
        return length + 8 == bytes.length && ascii(bytes, 12).startsWith("VP8");
    }

    private static String ascii(byte[] bytes, int from) {
        return new String(bytes, from, 4, java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
