package drover.http;

/**
 * A picture that a request brings along: looked at, not yet kept.
 *
 * @param bytes the file
 * @param mediaType by its first bytes
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over once, never compared; a copy of a picture would be waste.
record Upload(byte[] bytes, String mediaType) {}
