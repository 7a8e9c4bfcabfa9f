package drover.source.addons;

import drover.horde.PresignedUrl;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One version of an add-on, as its site describes it.
 *
 * @param version its number
 * @param model the number of the add-on that it is a version of
 * @param name the add-on's
 * @param baseModel what it is for, in the site's words, such as {@code SD 1.5}
 * @param triggerWords that call what it has learned
 * @param nsfw whether the site says that it is not safe for work
 * @param url where its file is
 * @param bytes how large the file is said to be
 * @param sha256 of the file, if that is known
 */
record AddOnVersion(
        long version,
        long model,
        String name,
        String baseModel,
        List<String> triggerWords,
        boolean nsfw,
        PresignedUrl url,
        OptionalLong bytes,
        Optional<String> sha256) {
    AddOnVersion {
        triggerWords = List.copyOf(triggerWords);
    }
}
