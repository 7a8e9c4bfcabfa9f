package drover.source.addons;

import drover.horde.Bearer;
import drover.setting.Secret;
import drover.source.bridge.BridgeData;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where LoRAs or textual inversions come from and where they are kept.
 *
 * @param kind which of them
 * @param folder where they are kept; everything in it is Drover's
 * @param site whose API is asked, such as {@code https://civitai.com}
 * @param token for that site and no other; may be unset
 * @param cacheBytes how much is kept
 * @param minFreeBytes how much of the disk stays free
 * @param maxFileBytes of one file
 * @param parallel downloads at a time, at least 1
 * @param allowPrivate whether addresses of this machine and its network may be fetched from
 */
public record AddOnSettings(
        AddOn kind,
        Path folder,
        URI site,
        Secret token,
        long cacheBytes,
        long minFreeBytes,
        long maxFileBytes,
        int parallel,
        boolean allowPrivate) {
    private static final int MEBIBYTE_BITS = 20;

    /** The folder of all such files, in which this one is: what an engine calls them by is relative to it. */
    public Path below() {
        Path parent = folder.toAbsolutePath().getParent();
        return parent == null ? folder : parent;
    }

    /**
     * The same as the workers' own files want it. They share what is kept: the largest of their sizes for LoRAs counts,
     * and the first token. While one of the files cannot be read nothing is thrown away for its size.
     *
     * @param workers what their files say, as far as they have been read
     */
    public AddOnSettings forWorkers(List<Optional<BridgeData>> workers) {
        List<BridgeData.Loras> all = workers.stream()
                .flatMap(Optional::stream)
                .map(BridgeData::loras)
                .toList();
        return new AddOnSettings(
                kind,
                folder,
                site,
                all.stream()
                        .map(BridgeData.Loras::civitaiToken)
                        .filter(Secret::isSet)
                        .findFirst()
                        .orElse(token),
                switch (kind) {
                    case LORA -> cacheBytes(all, all.size() < workers.size());
                    case TEXTUAL_INVERSION -> cacheBytes;
                },
                all.stream()
                        .mapToLong(it -> it.minFreeMebibytes() << MEBIBYTE_BITS)
                        .max()
                        .orElse(minFreeBytes),
                maxFileBytes,
                parallel,
                allowPrivate);
    }

    private long cacheBytes(List<BridgeData.Loras> workers, boolean someUnread) {
        return someUnread
                ? Long.MAX_VALUE
                : workers.stream()
                        .mapToLong(it -> it.cacheMebibytes() << MEBIBYTE_BITS)
                        .max()
                        .orElse(cacheBytes);
    }

    /** What to show to the site. */
    Optional<Bearer> bearer() {
        return token.isSet() ? Optional.of(new Bearer(site, token.reveal())) : Optional.empty();
    }
}
