package drover.graph;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a script as the archive that {@code torch.jit.load} reads: a ZIP with stored entries that holds one module
 * without parameters.
 */
final class Archive {
    /** An empty tuple, pickled: the script has no tensor constants. */
    private static final byte[] NO_CONSTANTS = {(byte) 0x80, 2, ')', '.'};

    /** With version 3 or lower libtorch would pick old operator schemas. */
    private static final byte[] VERSION = "10\n".getBytes(StandardCharsets.US_ASCII);

    private Archive() {}

    static byte[] of(Script script) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(ZipOutputStream.STORED);
            put(zip, "m/data.pkl", emptyModule());
            put(zip, "m/code/__torch__.py", script.source().getBytes(StandardCharsets.UTF_8));
            put(zip, "m/constants.pkl", NO_CONSTANTS);
            put(zip, "m/version", VERSION);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return bytes.toByteArray();
    }

    /** The pickle (protocol 2) of {@code M()} with the state {@code {training: False, _is_full_backward_hook: None}}. */
    private static byte[] emptyModule() {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.writeBytes(new byte[] {(byte) 0x80, 2});
        pickle.writeBytes("c__torch__\nM\n".getBytes(StandardCharsets.US_ASCII)); // GLOBAL
        pickle.writeBytes(new byte[] {')', (byte) 0x81, '}', '('}); // EMPTY_TUPLE, NEWOBJ, EMPTY_DICT, MARK
        unicode(pickle, "training");
        pickle.write(0x89); // NEWFALSE
        unicode(pickle, "_is_full_backward_hook");
        pickle.writeBytes(new byte[] {'N', 'u', 'b', '.'}); // NONE, SETITEMS, BUILD, STOP
        return pickle.toByteArray();
    }

    private static void unicode(ByteArrayOutputStream pickle, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        pickle.write('X'); // BINUNICODE: a little-endian length of four bytes, then UTF-8
        pickle.writeBytes(new byte[] {(byte) bytes.length, 0, 0, 0});
        pickle.writeBytes(bytes);
    }

    private static void put(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        ZipEntry entry = new ZipEntry(name);
        entry.setTime(0);
        entry.setSize(bytes.length);
        entry.setCompressedSize(bytes.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }
}
