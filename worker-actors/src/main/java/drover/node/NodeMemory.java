package drover.node;

import drover.inference.CborSerializable;

/**
 * What a node's process holds.
 *
 * @param residentBytes memory in use by the process, native memory included (RSS)
 * @param heapUsedBytes Java heap in use
 * @param heapMaxBytes what the Java heap may grow to
 * @param nativeHandles objects of native memory that the engine holds: tensors, modules; steady while it idles
 */
public record NodeMemory(long residentBytes, long heapUsedBytes, long heapMaxBytes, long nativeHandles)
        implements CborSerializable {
    NodeMemory withNativeHandles(long handles) {
        return new NodeMemory(residentBytes, heapUsedBytes, heapMaxBytes, handles);
    }
}
