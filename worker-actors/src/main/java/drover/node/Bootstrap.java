package drover.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import drover.diffusion.ModelPlaces;
import drover.inference.Phase;
import drover.logging.LoggingSettings;
import drover.watchdog.PhaseTimeouts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything a GPU process is told at its start: one line of JSON on its standard input. Not on its command line, which
 * every user of the machine can read.
 *
 * @param keeper serialised reference of its {@link NodeKeeper}
 * @param device what it runs on
 * @param launch which process of that node it is, from 1
 * @param member how it takes part in the cluster, as the control process does
 * @param seed the control process in the cluster, such as {@code pekko://drover@127.0.0.1:25520}
 * @param engine which engine it opens
 * @param safety what it looks at pictures with
 * @param models where models lie
 * @param cacheDir where the bundled model is unpacked
 * @param assetDir where results are written
 * @param timeouts of its watchdog
 * @param logging how it logs
 * @param orphanTimeout how long it waits for a word of its keeper
 * @param selfHalt how long it waits to be ended after asking to be replaced
 */
public record Bootstrap(
        String keeper,
        GpuDevice device,
        long launch,
        Membership member,
        String seed,
        EngineSettings engine,
        SafetySettings safety,
        ModelPlaces models,
        Path cacheDir,
        Path assetDir,
        Timeouts timeouts,
        LoggingSettings logging,
        Duration orphanTimeout,
        Duration selfHalt) {
    /** The longest line that is read. */
    public static final int MAX_BYTES = 64 * 1024;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addModule(new JavaTimeModule())
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    public Bootstrap {
        if (launch < 1) {
            throw new IllegalArgumentException("launches are counted from 1, but this was " + launch);
        }
    }

    /** The node's name. */
    public String node() {
        return device.node();
    }

    /** The roles that the process has in the cluster. */
    public List<String> roles() {
        return List.of("gpu", "node-" + node(), launchRole(node(), launch));
    }

    /** The role that no other process has had or will have. */
    public static String launchRole(String node, long launch) {
        return "launch-" + node + "-" + launch;
    }

    /** This as one line, with its line feed. */
    public byte[] toLine() {
        try {
            return (JSON.writeValueAsString(this) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a bootstrap line could not be written", e);
        }
    }

    /**
     * Reads one line.
     *
     * @throws IOException if there is none, it is too long, or it is not what it should be
     */
    public static Bootstrap read(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("standard input ended before a bootstrap line came");
            }
            if (line.size() == MAX_BYTES) {
                throw new IOException("the bootstrap line is longer than " + MAX_BYTES + " bytes");
            }
            line.write(b);
        }
        try {
            @Nullable Bootstrap told = JSON.readValue(line.toByteArray(), Bootstrap.class);
            if (told == null) {
                throw new IOException("the bootstrap line says null");
            }
            return told;
        } catch (JsonProcessingException e) {
            throw new IOException("the bootstrap line is not valid: " + e.getOriginalMessage(), e);
        }
    }

    /**
     * The settings of {@link PhaseTimeouts}, as they travel.
     *
     * @param inferenceStep see there, as for the others
     */
    public record Timeouts(
            Duration inferenceStep,
            Duration preload,
            Duration download,
            Duration postProcess,
            Duration encode,
            Duration decode,
            Duration check,
            Duration upload,
            Duration cancelGrace,
            Duration restartGrace) {
        /** Takes the settings apart. */
        public static Timeouts of(PhaseTimeouts timeouts) {
            return new Timeouts(
                    timeouts.limit(Phase.DENOISING).length(),
                    timeouts.limit(Phase.LOADING).length(),
                    timeouts.limit(Phase.DOWNLOADING).length(),
                    timeouts.limit(Phase.POST_PROCESSING).length(),
                    timeouts.limit(Phase.ENCODING).length(),
                    timeouts.limit(Phase.DECODING).length(),
                    timeouts.limit(Phase.CHECKING).length(),
                    timeouts.limit(Phase.UPLOADING).length(),
                    timeouts.cancelGrace(),
                    timeouts.restartGrace());
        }

        /** Puts them together again. */
        public PhaseTimeouts toPhaseTimeouts() {
            return PhaseTimeouts.builder()
                    .inferenceStep(inferenceStep)
                    .preload(preload)
                    .download(download)
                    .postProcess(postProcess)
                    .encode(encode)
                    .decode(decode)
                    .check(check)
                    .upload(upload)
                    .cancelGrace(cancelGrace)
                    .restartGrace(restartGrace)
                    .build();
        }
    }
}
