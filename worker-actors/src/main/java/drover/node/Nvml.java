package drover.node;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * NVIDIA's management library. It tells what GPUs there are without making a CUDA context on any of them, which costs
 * hundreds of megabytes each. Called directly, because OSHI, which has a binding to it too, tells neither how many GPUs
 * there are nor their UUIDs.
 */
final class Nvml {
    private static final Logger LOG = LoggerFactory.getLogger(Nvml.class);

    private static final String LIBRARY = "libnvidia-ml.so.1";
    /** {@code NVML_DEVICE_NAME_V2_BUFFER_SIZE} and {@code NVML_DEVICE_UUID_V2_BUFFER_SIZE}. */
    private static final int TEXT = 96;
    /** {@code nvmlMemory_t}: total, free and used, 8 bytes each. */
    private static final int MEMORY = 24;

    private static final FunctionDescriptor NOTHING = FunctionDescriptor.of(ValueLayout.JAVA_INT);
    private static final FunctionDescriptor ADDRESS = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
    private static final FunctionDescriptor ADDRESSES =
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
    private static final FunctionDescriptor INDEX =
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
    private static final FunctionDescriptor BUFFER =
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);

    private final Linker linker = Linker.nativeLinker();
    private final SymbolLookup library;
    private final Arena arena;

    private Nvml(SymbolLookup library, Arena arena) {
        this.library = library;
        this.arena = arena;
    }

    /** The GPUs of this host by number; empty where there is no NVIDIA driver, or it does not answer. */
    @SuppressWarnings("restricted") // Loading the driver's library is the point; the process allows native access.
    static List<GpuDevice> read() {
        // Never unloaded: the library keeps threads and handlers of its own.
        Arena forEver = Arena.global();
        try (Arena arena = Arena.ofConfined()) {
            return new Nvml(SymbolLookup.libraryLookup(LIBRARY, forEver), arena).devices();
        } catch (IllegalArgumentException e) {
            LOG.debug("no NVIDIA driver here: {}", e.getMessage());
            return List.of();
        } catch (NvmlException e) {
            LOG.warn("the NVIDIA driver does not say which GPUs there are; using none of them", e);
            return List.of();
        }
    }

    private List<GpuDevice> devices() throws NvmlException {
        call("nvmlInit_v2", NOTHING);
        try {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
            call("nvmlDeviceGetCount_v2", ADDRESS, count);
            List<GpuDevice> devices = new ArrayList<>();
            for (int i = 0; i < count.get(ValueLayout.JAVA_INT, 0); i++) {
                devices.add(device(i));
            }
            return devices;
        } finally {
            call("nvmlShutdown", NOTHING);
        }
    }

    private GpuDevice device(int index) throws NvmlException {
        MemorySegment handle = arena.allocate(ValueLayout.ADDRESS);
        call("nvmlDeviceGetHandleByIndex_v2", INDEX, index, handle);
        MemorySegment device = handle.get(ValueLayout.ADDRESS, 0);
        MemorySegment text = arena.allocate(TEXT);
        call("nvmlDeviceGetName", BUFFER, device, text, TEXT);
        String name = text.getString(0);
        call("nvmlDeviceGetUUID", BUFFER, device, text, TEXT);
        String uuid = text.getString(0);
        MemorySegment memory = arena.allocate(MEMORY, Long.BYTES);
        call("nvmlDeviceGetMemoryInfo", ADDRESSES, device, memory);
        long total = memory.get(ValueLayout.JAVA_LONG, 0);
        return new GpuDevice("gpu" + index, OptionalInt.of(index), Optional.of(uuid), name, OptionalLong.of(total));
    }

    @SuppressWarnings("restricted") // See above.
    private void call(String name, FunctionDescriptor descriptor, Object... arguments) throws NvmlException {
        MemorySegment address =
                library.find(name).orElseThrow(() -> new NvmlException("the driver has no " + name, null));
        MethodHandle function = linker.downcallHandle(address, descriptor);
        int result;
        try {
            result = (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new NvmlException(name + " could not be called", e);
        }
        if (result != 0) {
            throw new NvmlException(name + " failed with NVML error " + result, null);
        }
    }

    private static final class NvmlException extends Exception {
        private NvmlException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
