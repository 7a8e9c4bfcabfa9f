package drover.source.addons;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The folder of the files of one kind, with the list of what they are. Every method may block. */
final class AddOnFolder {
    private static final long MAX_INDEX_BYTES = 64L << 20;
    private static final int FORMAT = 1;
    /** A part that nobody has gone on with for so long. */
    private static final Duration STALE = Duration.ofDays(7);

    private static final Pattern FILE = Pattern.compile("([0-9]{1,18})\\.safetensors(\\.part(?:\\.version)?)?");
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final Path folder;
    private final AddOn kind;
    private final String index;

    AddOnFolder(AddOnSettings settings) {
        this.folder = settings.folder();
        this.kind = settings.kind();
        this.index = kind.label() + ".json";
    }

    /**
     * What is in it.
     *
     * @param names what they mean
     * @param trouble what went wrong
     */
    record Contents(List<KeptAddOn> loras, Map<AddOnName, AddOnNames.Meaning> names, Optional<String> trouble) {
        Contents {
            loras = List.copyOf(loras);
            names = Map.copyOf(names);
        }

        static Contents nothing(String trouble) {
            return new Contents(List.of(), Map.of(), Optional.of(trouble));
        }
    }

    private record Index(int format, List<Line> loras, List<Name> names) {}

    private record Line(
            long version,
            long model,
            String name,
            String baseModel,
            List<String> triggerWords,
            boolean nsfw,
            long bytes,
            String sha256,
            long used) {
        static Line of(KeptAddOn it) {
            return new Line(
                    it.version(),
                    it.model(),
                    it.name(),
                    it.baseModel(),
                    it.triggerWords(),
                    it.nsfw(),
                    it.bytes(),
                    it.sha256(),
                    it.used().toEpochMilli());
        }

        KeptAddOn toAddOn() {
            return new KeptAddOn(
                    version, model, name, baseModel, triggerWords, nsfw, bytes, sha256, Instant.ofEpochMilli(used));
        }
    }

    private record Name(String text, boolean isVersion, long version, long asked) {}

    /** Where a version's file is. */
    static Path file(Path folder, long version) {
        return folder.resolve(version + ".safetensors");
    }

    Path file(long version) {
        return file(folder, version);
    }

    /** The version whose file this would be; empty if it is none of this folder's. */
    OptionalLong version(Path file) {
        Matcher name = FILE.matcher(String.valueOf(file.getFileName()));
        return folder.equals(file.getParent()) && name.matches() && name.group(2) == null
                ? OptionalLong.of(Long.parseLong(name.group(1)))
                : OptionalLong.empty();
    }

    /**
     * Reads the list and clears up: what is listed and not there as listed is forgotten, and files of those that are not
     * listed go.
     *
     * @param coming versions whose files are just being downloaded
     */
    Contents open(Instant now, Set<Long> coming) {
        try {
            Files.createDirectories(folder);
            Contents listed = read();
            List<KeptAddOn> there = new ArrayList<>();
            Set<Long> versions = new HashSet<>();
            for (KeptAddOn addOn : listed.loras()) {
                Path file = file(addOn.version());
                if (Files.isRegularFile(file) && Files.size(file) == addOn.bytes() && versions.add(addOn.version())) {
                    there.add(addOn);
                }
            }
            Set<Long> spared = new HashSet<>(versions);
            spared.addAll(coming);
            clear(spared, now);
            return new Contents(there, listed.names(), listed.trouble());
        } catch (IOException e) {
            return Contents.nothing(
                    kind.words() + "s cannot be kept in " + folder + "; see that it can be written: " + e);
        }
    }

    private Contents read() throws IOException {
        Path list = folder.resolve(index);
        if (!Files.exists(list)) {
            return new Contents(List.of(), Map.of(), Optional.empty());
        }
        try {
            if (Files.size(list) > MAX_INDEX_BYTES) {
                throw new IOException("it is too large");
            }
            Index read = JSON.readValue(list.toFile(), Index.class);
            if (read.format() != FORMAT) {
                throw new IOException("its format is " + read.format() + ", not " + FORMAT);
            }
            Map<AddOnName, AddOnNames.Meaning> names = new LinkedHashMap<>();
            for (Name name : read.names()) {
                names.put(
                        new AddOnName(name.text(), name.isVersion()),
                        new AddOnNames.Meaning(name.version(), Instant.ofEpochMilli(name.asked())));
            }
            return new Contents(read.loras().stream().map(Line::toAddOn).toList(), names, Optional.empty());
        } catch (IOException | RuntimeException e) {
            return Contents.nothing("the list of " + kind.words() + "s " + list
                    + " cannot be used, so they are downloaded again: " + e);
        }
    }

    private void clear(Set<Long> spared, Instant now) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.toList();
        }
        for (Path file : files) {
            Matcher name = FILE.matcher(file.getFileName().toString());
            if (!name.matches()) {
                continue;
            }
            boolean isPart = name.group(2) != null;
            boolean stale = Files.getLastModifiedTime(file).toInstant().isBefore(now.minus(STALE));
            if (isPart ? stale : !spared.contains(Long.parseLong(name.group(1)))) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Writes the list: whoever reads it gets the old one or the new one. */
    void write(Contents contents) throws IOException {
        List<Name> names = new ArrayList<>();
        contents.names()
                .forEach((name, meaning) -> names.add(new Name(
                        name.text(),
                        name.isVersion(),
                        meaning.version(),
                        meaning.asked().toEpochMilli())));
        byte[] json = JSON.writeValueAsBytes(
                new Index(FORMAT, contents.loras().stream().map(Line::of).toList(), names));
        Path next = folder.resolve(index + ".next");
        Files.write(next, json);
        try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(next, folder.resolve(index), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    void delete(long version) throws IOException {
        Files.deleteIfExists(file(version));
    }
}
