package drover.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.h2.store.fs.FileBase;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A file system below H2 that counts what is forced to the disk and that can fail like a full or broken disk. H2 makes
 * its instances itself, so its switches are shared.
 */
public final class FaultyDisk extends FilePathWrapper {
    static final AtomicInteger FORCED = new AtomicInteger();
    static volatile boolean failWrites;
    static volatile boolean failForce;
    static volatile boolean readOnly;

    static void reset() {
        failWrites = false;
        failForce = false;
        readOnly = false;
        FORCED.set(0);
        FilePath.register(new FaultyDisk());
    }

    static String url(Path folder) {
        return "jdbc:h2:faulty:" + folder.resolve("ledger").toAbsolutePath();
    }

    @Override
    public String getScheme() {
        return "faulty";
    }

    @Override
    public boolean canWrite() {
        return !readOnly && super.canWrite();
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        if (readOnly && !mode.equals("r")) {
            throw new IOException("Read-only file system");
        }
        return new Channel(getBase().open(mode));
    }

    private static final class Channel extends FileBase {
        private final FileChannel file;

        Channel(FileChannel file) {
            this.file = file;
        }

        @Override
        public void force(boolean metaData) throws IOException {
            if (failForce) {
                throw new IOException("Input/output error");
            }
            file.force(metaData);
            FORCED.incrementAndGet();
        }

        private static void checkSpace() throws IOException {
            if (failWrites) {
                throw new IOException("No space left on device");
            }
            if (readOnly) {
                throw new IOException("Read-only file system");
            }
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            checkSpace();
            return file.write(source);
        }

        @Override
        public synchronized int write(ByteBuffer source, long at) throws IOException {
            checkSpace();
            return file.write(source, at);
        }

        @Override
        public FileChannel truncate(long size) throws IOException {
            checkSpace();
            file.truncate(size);
            return this;
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            return file.read(target);
        }

        @Override
        public synchronized int read(ByteBuffer target, long at) throws IOException {
            return file.read(target, at);
        }

        @Override
        public long position() throws IOException {
            return file.position();
        }

        @Override
        public FileChannel position(long at) throws IOException {
            file.position(at);
            return this;
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public FileLock tryLock(long at, long size, boolean shared) throws IOException {
            return file.tryLock(at, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            file.close();
        }
    }
}
