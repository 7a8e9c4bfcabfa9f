package drover.source.addons;

import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * An add-on that is on disk.
 *
 * @param version its number, by which its file is called
 * @param model the number of the add-on that it is a version of
 * @param name the add-on's
 * @param baseModel what it is for, in its site's words
 * @param triggerWords that call what it has learned
 * @param nsfw whether its site says that it is not safe for work
 * @param bytes how large it is
 * @param sha256 of its file
 * @param used when it was last asked for
 */
record KeptAddOn(
        long version,
        long model,
        String name,
        String baseModel,
        List<String> triggerWords,
        boolean nsfw,
        long bytes,
        String sha256,
        Instant used) {
    KeptAddOn {
        triggerWords = List.copyOf(triggerWords);
    }

    static KeptAddOn of(AddOnVersion it, long bytes, String sha256, Instant now) {
        return new KeptAddOn(
                it.version(), it.model(), it.name(), it.baseModel(), it.triggerWords(), it.nsfw(), bytes, sha256, now);
    }

    KeptAddOn usedAt(Instant now) {
        return new KeptAddOn(version, model, name, baseModel, triggerWords, nsfw, bytes, sha256, now);
    }

    /** Whether this may be what is meant, though maybe not the newest version of it. */
    boolean answersTo(AddOnName asked) {
        if (asked.isVersion()) {
            return asked.number().orElse(-1) == version;
        }
        return asked.number().orElse(-1) == model
                || name.strip().toLowerCase(Locale.ROOT).equals(asked.key());
    }
}
