/**
 * Benchmarks that an operator can run on his own machine through {@code drover bench}. Called by the command line only;
 * they start what they measure themselves, need no configuration, and print figures beside what is wanted of them.
 */
@NullMarked
package drover.bench;

import org.jspecify.annotations.NullMarked;
