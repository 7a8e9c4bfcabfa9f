package drover.inference.fault;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Calls into the C library that Java code cannot come back from. POSIX only. */
final class NativeTrap {
    /** More than any platform's {@code pthread_mutex_t}: 40 bytes on Linux, 64 on macOS. */
    private static final long MUTEX_BYTES = 128;

    private static final int SIGSTOP_LINUX = 19;
    private static final int SIGSTOP_BSD = 17;

    private final Linker linker = Linker.nativeLinker();
    private final SymbolLookup library = linker.defaultLookup();

    /**
     * Locks a mutex that this thread holds already: the thread waits in the kernel for itself. Neither an interrupt nor
     * a signal gets it back.
     */
    void blockForEver() {
        MethodHandle lock =
                function("pthread_mutex_lock", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        // Zeros are what PTHREAD_MUTEX_INITIALIZER is on Linux: a plain mutex, not held.
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mutex = arena.allocate(MUTEX_BYTES);
            call(lock, mutex);
            call(lock, mutex);
        }
        throw new IllegalStateException("a mutex could be locked twice; the native block did not block");
    }

    /** Stops this whole process, as SIGSTOP from outside does. Returns when somebody continues it. */
    void stopProcess() {
        MethodHandle kill = function(
                "kill", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        int signal = System.getProperty("os.name").startsWith("Linux") ? SIGSTOP_LINUX : SIGSTOP_BSD;
        call(kill, Math.toIntExact(ProcessHandle.current().pid()), signal);
    }

    @SuppressWarnings("restricted") // Calling into the C library is the point; the process allows native access.
    private MethodHandle function(String name, FunctionDescriptor descriptor) {
        return linker.downcallHandle(
                library.find(name)
                        .orElseThrow(() ->
                                new IllegalStateException("the C library has no " + name + "; this fault needs POSIX")),
                descriptor);
    }

    private static void call(MethodHandle function, Object... arguments) {
        try {
            int result = (int) function.invokeWithArguments(arguments);
            if (result != 0) {
                throw new IllegalStateException("a C library call failed with " + result);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a C library call failed", e);
        }
    }
}
