/**
 * Programs of this installation as processes of their own. {@code drover.node} starts its nodes with it, {@code
 * drover.chaos} its hosts and {@code drover.bench} its servers; it knows nobody. What is to run comes in, and a command
 * line goes out.
 */
@NullMarked
package drover.process;

import org.jspecify.annotations.NullMarked;
