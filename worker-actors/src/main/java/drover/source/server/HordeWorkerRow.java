package drover.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.horde.BridgeAgent;
import drover.source.AgentCapabilities;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A worker as the server keeps it. Guarded by the state that holds it. */
final class HordeWorkerRow {
    private static final Duration ONLINE = Duration.ofMinutes(5);
    private static final Duration WINDOW = Duration.ofHours(1);

    final String id;
    final Account owner;
    final Instant created;
    String name;
    CheckIn checkIn;
    List<String> models = List.of();
    Instant lastCheckIn = Instant.MIN;
    Instant lastPop = Instant.MIN;
    boolean maintenance;
    String maintenanceMessage = "";
    boolean paused;
    Optional<String> info = Optional.empty();
    long fulfilled;
    long uncompleted;
    double kudos;
    double megapixelSteps;
    private Instant windowStart = Instant.MIN;
    private int aborted;

    /** What a pop says of the worker, and what counts until the next one that is looked at. */
    record CheckIn(
            BridgeAgent agent,
            long maxPixels,
            int threads,
            List<String> blacklist,
            boolean nsfw,
            boolean requireUpfrontKudos,
            boolean img2img,
            boolean painting,
            boolean unsafeIp,
            boolean postProcessing,
            boolean controlnet,
            boolean sdxlControlnet,
            boolean lora,
            boolean extraSlow,
            boolean limitMaxSteps) {
        private static final int WORDS = 200;
        private static final int LETTERS = 15;

        /** With the parser's defaults, which are not the documented ones. */
        static CheckIn of(JsonNode pop) {
            return new CheckIn(
                    agent(pop.path("bridge_agent").asText("unknown:0:unknown")),
                    pop.path("max_pixels").asLong(262_144),
                    pop.path("threads").asInt(1),
                    ImageRequest.texts(pop.path("blacklist")).stream()
                            .limit(WORDS)
                            .map(word -> word.substring(0, Math.min(LETTERS, word.length())))
                            .toList(),
                    pop.path("nsfw").asBoolean(true),
                    pop.path("require_upfront_kudos").asBoolean(false),
                    pop.path("allow_img2img").asBoolean(true),
                    pop.path("allow_painting").asBoolean(true),
                    pop.path("allow_unsafe_ipaddr").asBoolean(true),
                    pop.path("allow_post_processing").asBoolean(true),
                    pop.path("allow_controlnet").asBoolean(false),
                    pop.path("allow_sdxl_controlnet").asBoolean(false),
                    pop.path("allow_lora").asBoolean(false),
                    pop.path("extra_slow_worker").asBoolean(false),
                    pop.path("limit_max_steps").asBoolean(false));
        }

        private static BridgeAgent agent(String text) {
            try {
                return BridgeAgent.parse(text);
            } catch (IllegalArgumentException e) {
                return BridgeAgent.parse("unknown");
            }
        }

        AgentCapabilities capabilities() {
            return AgentCapabilities.of(agent);
        }

        /** Legacy names have a table of their own; what was recorded of it is that they upload and take source images. */
        boolean can(String capability) {
            AgentCapabilities capabilities = capabilities();
            return capabilities.can(capability)
                    || (capabilities.standing() == AgentCapabilities.Standing.OTHER
                            && List.of(AgentCapabilities.UPLOAD, "img2img", "inpainting")
                                    .contains(capability));
        }
    }

    HordeWorkerRow(String id, String name, Account owner, CheckIn checkIn, Instant created) {
        this.id = id;
        this.name = name;
        this.owner = owner;
        this.checkIn = checkIn;
        this.created = created;
    }

    /** Takes over what a pop says, if the last time is long enough ago. */
    void checkIn(CheckIn now, List<String> offered, Instant at, Duration every) {
        lastPop = at;
        boolean young = at.isBefore(created.plus(every));
        if (young || lastCheckIn.equals(Instant.MIN) || !at.isBefore(lastCheckIn.plus(every))) {
            checkIn = now;
            models = offered;
            lastCheckIn = at;
        }
    }

    boolean online(Instant now) {
        return !lastPop.equals(Instant.MIN) && now.isBefore(lastPop.plus(ONLINE));
    }

    /** Counts a dropped job; too many within an hour from the first one, and the worker is in maintenance. */
    void dropped(Instant now, int tolerated) {
        uncompleted++;
        if (windowStart.equals(Instant.MIN) || !now.isBefore(windowStart.plus(WINDOW))) {
            windowStart = now;
            aborted = 0;
        }
        aborted++;
        if (aborted > tolerated) {
            maintenance = true;
            maintenanceMessage = "Maintenance mode activated because worker is dropping too many jobs."
                    + "Please investigate if your performance has been impacted and consider reducing your max_power or"
                    + " your max_threads";
        }
    }

    /** What is told of it. */
    ObjectNode details(Instant now) {
        ObjectNode all = Answer.object()
                .put("requests_fulfilled", fulfilled)
                .put("kudos_rewards", kudos)
                .put("performance", "1.0 megapixelsteps per second")
                .put("threads", checkIn.threads())
                .put("uptime", Duration.between(created, now).toSeconds())
                .put("maintenance_mode", maintenance)
                .put("nsfw", checkIn.nsfw())
                .put("trusted", owner.trusted)
                .put("flagged", owner.flagged)
                .put("uncompleted_jobs", uncompleted)
                .put("bridge_agent", checkIn.agent().toString())
                .put("max_pixels", checkIn.maxPixels())
                .put("megapixelsteps_generated", megapixelSteps)
                .put("img2img", checkIn.img2img() && checkIn.can("img2img"))
                .put("painting", checkIn.painting() && checkIn.can("inpainting"))
                .put("post-processing", checkIn.postProcessing())
                .put("lora", checkIn.lora())
                .put("controlnet", checkIn.controlnet())
                .put("sdxl_controlnet", checkIn.sdxlControlnet())
                .put("type", "image")
                .put("name", name)
                .put("id", id)
                .put("online", online(now));
        all.putObject("kudos_details")
                .put("generated", fulfilled == 0 ? null : kudos)
                .putNull("uptime");
        all.putObject("team").putNull("name").putNull("id");
        ArrayNode offered = all.putArray("models");
        models.forEach(offered::add);
        info.ifPresent(text -> all.put("info", text));
        return all;
    }
}
