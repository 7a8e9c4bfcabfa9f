/**
 * Judges pictures and prompts before a picture leaves its process. A node makes one {@link drover.safety.SafetyActor}, and
 * its runners bring their pictures to a {@link drover.safety.SafetyDesk}; the golden runner calls the network itself.
 * Pixels and prompts come in, what is to become of the picture goes out; nothing is kept. The network's model is a folder
 * as diffusers keeps it.
 */
@NullMarked
package drover.safety;

import org.jspecify.annotations.NullMarked;
