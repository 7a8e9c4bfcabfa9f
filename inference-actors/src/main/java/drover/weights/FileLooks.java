package drover.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** What a file that is no safetensors file looks like instead, by its first bytes, and what to do about it. */
final class FileLooks {
    private static final int FIRST = 64;

    private FileLooks() {}

    /** Completes a sentence; empty for what has no looks that are known here. */
    static Optional<String> of(MemorySegment file) {
        byte[] first = file.asSlice(0, Math.min(FIRST, file.byteSize())).toArray(ValueLayout.JAVA_BYTE);
        String text = new String(first, StandardCharsets.ISO_8859_1);
        String lower = text.stripLeading().toLowerCase(Locale.ROOT);
        if (text.startsWith("version https://git-lfs")) {
            return Optional.of("the file is what Git LFS puts in the place of a large file; run git lfs pull where it"
                    + " comes from, or download the file itself");
        }
        if (lower.startsWith("<!doctype") || lower.startsWith("<html") || lower.startsWith("<?xml")) {
            return Optional.of("the file is a web page: the download went wrong, or wants a login; get the file again");
        }
        if (lower.startsWith("{\"error") || lower.startsWith("{\"message")) {
            return Optional.of("the file is a server's error message: the download went wrong; get the file again");
        }
        if (text.startsWith("GGUF")) {
            return Optional.of("the file is GGUF, a format that is not read here; get the model as safetensors");
        }
        if (text.startsWith("PK") || (first.length > 0 && first[0] == (byte) 0x80)) {
            return Optional.of("the file looks like a PyTorch pickle, whatever its name says: reading it could run any"
                    + " program hidden inside, so it is refused; get the model as safetensors");
        }
        return Optional.empty();
    }
}
