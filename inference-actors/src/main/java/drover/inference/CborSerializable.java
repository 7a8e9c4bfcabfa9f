package drover.inference;

/**
 * Marker of every message that may cross a process boundary; bound to Pekko's Jackson CBOR serializer in {@code
 * reference.conf}. A message without it never leaves its process.
 */
public interface CborSerializable {}
